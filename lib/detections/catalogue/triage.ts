// Triage steps that several definitions share, each written once.

export const ASK_WITHIN_30_MINUTES =
  'Ask the person in actor, outside Asana, whether they made this change and under which ticket. Do it within 30 minutes.';

export const ASK_WITHIN_1_HOUR =
  'Ask the person in actor, outside Asana, what it is for and who agreed to it. Do it within 1 hour.';

export const OTHER_SETTINGS =
  'Read the other admin_settings events of actor.gid within an hour either side of created_at: one weakened setting is seldom alone.';

export const HOW_ACTOR_CAME_IN =
  'Read the events of actor.gid in the 24 hours before: how that account signed in (details.method), from which context.client_ip_address and context.user_agent, and what else it changed.';
