// Which events are in an alert of a group already, of the latest: what comes again there changes nothing. Bounded.
import type { GroupIdentity } from '../alerts/life/identity.ts';

/** Remembered in two generations. */
const MOST = 3_000;

export class RecentGids {
  #now = new Map<string, Set<string>>();
  #before: ReadonlyMap<string, ReadonlySet<string>> = new Map();

  has(group: GroupIdentity, gid: string): boolean {
    // Of most events no group has an alert: known before the group's name is put together.
    const [now, before] = [this.#now.get(gid), this.#before.get(gid)];
    if (now === undefined && before === undefined) return false;
    const name = nameOf(group);
    return (now?.has(name) || before?.has(name)) ?? false;
  }

  add(group: GroupIdentity, gid: string): void {
    if (this.#now.size === MOST) {
      this.#before = this.#now;
      this.#now = new Map();
    }
    const names = this.#now.get(gid);
    if (names !== undefined) names.add(nameOf(group));
    else this.#now.set(gid, new Set([nameOf(group)]));
  }
}

/** One event is in an alert of one group, or, where it may be in several groups, of each. */
function nameOf({ shared, workspaceGid, entity }: GroupIdentity): string {
  return [workspaceGid, ...(shared ? [entity.type, entity.id] : [])].join('\u0000');
}
