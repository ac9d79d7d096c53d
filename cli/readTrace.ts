/** Reads the trace that a command was given, and finds the target that it was recorded on. */
import { decodeTrace, MAX_TRACE_CHARACTERS, type Trace, TraceError } from '../traces/index.ts';
import { UsageError } from './errors.ts';
import { readText } from './files.ts';
import { allTargets, type LoadedTarget, loadTarget } from './targets.ts';

/** Bytes of a character of UTF-8, at most. */
const MOST_BYTES = 4;

export interface LoadedTrace {
  readonly trace: Trace;
  readonly loaded: LoadedTarget;
}

/**
 * @throws UsageError `file-not-found`, `unreadable-file`, `bad-trace`, and what `loadTarget` throws. `target`: name or path
 * of a target of the user's; undefined: the trace's own, which must be built in.
 */
export async function readTrace(path: string, target: string | undefined): Promise<LoadedTrace> {
  const text = readText(path, MOST_BYTES * MAX_TRACE_CHARACTERS);
  const trace = asUsage(path, () => decodeTrace(text));
  if (target !== undefined) return { trace, loaded: await loadTarget(target) };
  const known = allTargets();
  const loaded = known.find((candidate) => candidate.target.name === trace.target);
  if (loaded === undefined) {
    throw new UsageError('unknown-target', `${path} is a trace of "${trace.target}", which is not built in`, {
      expected: `a trace of ${known.map((candidate) => candidate.asTyped).join(', ')}`,
      found: `a trace of ${trace.target}`,
      advice: `give its module: --target ./${trace.target}.ts`,
    });
  }
  return { trace, loaded };
}

/** What the trace's reader complains about, as an error of the user's. */
export function asUsage<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (!(cause instanceof TraceError)) throw cause;
    throw new UsageError('bad-trace', `${path} is no trace that can be used (${cause.code})`, {
      expected: 'a trace that vqcheck wrote, of a target, scenario and defects that there are',
      found: cause.message,
      cause,
    });
  }
}
