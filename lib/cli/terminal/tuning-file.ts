// Reads the file that `--config` names, for the commands that have it. What it may hold is lib/detections/tuning/file.ts's.
import type { Detection } from '../../detections/define.ts';
import { readTuning, type Tuning, UNTUNED } from '../../detections/tuning/file.ts';
import { ConfigurationError } from '../../errors.ts';
import { readJsonInput } from './input-file.ts';

/**
 * @param path undefined: the detections as they are defined
 * @param problems where what is wrong is added, a line each
 */
export function readTuningFile(
  catalogue: readonly Detection[],
  flag: string,
  path: string | undefined,
  problems: string[],
): Tuning {
  if (path === undefined) return UNTUNED;
  try {
    const { tuning, problems: found } = readTuning(catalogue, readJsonInput(flag, path));
    problems.push(...found.map((problem) => `--${flag} ${path}: ${problem}`));
    return tuning;
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    problems.push(...error.problems);
    return UNTUNED;
  }
}
