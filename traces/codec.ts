/** Traces as text and as files: written so that a difference is readable, read with suspicion. */
import { readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { wrongEdits } from '../checker/index.ts';
import {
  MAX_TRACE_CHARACTERS,
  MAX_TRACE_STEPS,
  TRACE_FORMAT,
  TRACE_VERSION,
  type Trace,
  traceSchema,
} from './schema.ts';
import { TraceError } from './traceError.ts';

/** The trace as JSON: keys in a fixed order, a line for each schedule entry and each step, a newline at the end. */
export function encodeTrace(trace: Trace): string {
  const { slots, indexModulus, realistic, ...others } = trace.params;
  const params = {
    slots,
    indexModulus,
    ...(realistic === undefined ? {} : { realistic }),
    ...Object.fromEntries(Object.entries(others).sort(([a], [b]) => (a < b ? -1 : 1))),
  };
  const { property, message, step } = trace.violation;
  const steps = trace.steps.map(({ agent, op, access, location, order, value, readFrom, site }) =>
    inline({ agent, op, access, location, order, value, readFrom, site }),
  );
  const members = {
    format: inline(trace.format),
    version: inline(trace.version),
    target: inline(trace.target),
    scenario: inline(trace.scenario),
    params: inline(params),
    memory: inline(trace.memory),
    defects: inline(trace.defects),
    ...(trace.barriers === undefined ? {} : { barriers: lines(trace.barriers.map(editLine)) }),
    ...(trace.cells === undefined ? {} : { cells: inline(trace.cells) }),
    schedule: lines(trace.schedule.map(inline)),
    steps: lines(steps),
    cycleStart: inline(trace.cycleStart),
    violation: inline({ property, message, step }),
  };
  const body = Object.entries(members).map(([key, text]) => `  ${JSON.stringify(key)}: ${text}`);
  return `{\n${body.join(',\n')}\n}\n`;
}

function editLine({ site, kind, operation, edit, order }: NonNullable<Trace['barriers']>[number]): string {
  return inline({ site, kind, operation, edit, order });
}

function lines(items: readonly string[]): string {
  return items.length === 0 ? '[]' : `[\n${items.map((item) => `    ${item}`).join(',\n')}\n  ]`;
}

function inline(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inline).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(([key, member]) => `${JSON.stringify(key)}: ${inline(member)}`);
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`;
}

/** @throws TraceError of each code; never another error, whatever the text is. */
export function decodeTrace(text: string): Trace {
  if (text.length > MAX_TRACE_CHARACTERS) throw tooLarge(text.length);
  const data = parsed(text);
  if (typeof data !== 'object' || data === null || !('format' in data) || data.format !== TRACE_FORMAT) {
    throw foreign('its "format" is not that');
  }
  const version = 'version' in data ? data.version : undefined;
  if (version !== TRACE_VERSION) {
    throw new TraceError(
      'wrong-version',
      `expected a trace of version ${TRACE_VERSION}, found version ${brief(version)}. ` +
        'Replay it with the release of vqcheck that wrote it, or find the violation anew with vqcheck check.',
    );
  }
  const length = 'schedule' in data && Array.isArray(data.schedule) ? data.schedule.length : 0;
  if (length > MAX_TRACE_STEPS) {
    throw new TraceError(
      'oversized',
      `expected at most ${MAX_TRACE_STEPS} entries in "schedule", found ${length}. Shorten it with vqcheck shrink before it is saved.`,
    );
  }
  const result = traceSchema.safeParse(data);
  if (!result.success) {
    const issue = result.error.issues[0];
    const where = issue === undefined || issue.path.length === 0 ? 'the trace' : pathOf(issue.path);
    throw invalid(`${where}: ${issue?.message ?? 'does not fit the schema'}`);
  }
  const trace = result.data;
  const wrong = wrongEdits(trace.barriers ?? []);
  if (wrong !== null) throw invalid(`"barriers": ${wrong}`);
  if (trace.steps.length !== trace.schedule.length) {
    throw invalid(
      `"steps": expected one for each of the ${trace.schedule.length} schedule entries, found ${trace.steps.length}`,
    );
  }
  if (trace.violation.step !== trace.steps.length - 1) {
    throw invalid(
      `violation.step: expected the index of the last step, ${trace.steps.length - 1}, found ${trace.violation.step}`,
    );
  }
  if (trace.cycleStart !== null && trace.cycleStart > trace.steps.length) {
    throw invalid(
      `cycleStart: expected the index of a step, or ${trace.steps.length} after the last one, found ${trace.cycleStart}`,
    );
  }
  return trace;
}

/** Reads a file. @throws TraceError as `decodeTrace` does; what the file system throws passes. */
export function readTraceFile(path: string): Trace {
  const { size } = statSync(path);
  if (size > MAX_TRACE_CHARACTERS) throw tooLarge(size);
  return decodeTrace(readFileSync(path, 'utf8'));
}

/** Text of a file of the package, by its path in it. */
export function packageText(path: string): string {
  // The built code lies one folder deeper than its source.
  const root = new URL(import.meta.url.includes('/dist/traces/') ? '../../' : '../', import.meta.url);
  return readFileSync(fileURLToPath(new URL(path, root)), 'utf8');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    if (isPrefix(text)) {
      const end = text.trimEnd().slice(-40);
      throw new TraceError(
        'truncated',
        `expected a whole trace, found one that ends after ${text.length} characters, at ${brief(end)}. Copy or write the file again.`,
        { cause },
      );
    }
    throw foreign('it is not JSON', cause);
  }
}

/** Whether the text is the beginning of a JSON object: nothing in it is wrong but its end. */
function isPrefix(text: string): boolean {
  if (!/^\s*(\{|$)/.test(text)) return false;
  // Of a trace, only a string can hold what is no token; outside of strings the beginning of one is all that can be cut.
  const closers: string[] = [];
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const character = text[i] as string;
    if (inString) {
      if (character === '\\') i++;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === '{') closers.push('}');
    else if (character === '[') closers.push(']');
    else if (character === '}' || character === ']') {
      if (closers.pop() !== character) return false;
    } else if (!/[\s:,\-+.0-9a-zE]/.test(character)) return false;
  }
  return inString || closers.length > 0 || text.trim() === '';
}

function pathOf(path: readonly PropertyKey[]): string {
  return path
    .map((key, i) => (typeof key === 'number' ? `[${key}]` : `${i === 0 ? '' : '.'}${String(key)}`))
    .join('');
}

function brief(value: unknown): string {
  const text = JSON.stringify(value) ?? 'none';
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

function foreign(why: string, cause?: unknown): TraceError {
  return new TraceError(
    'foreign',
    `expected a trace, that is JSON with "format": "${TRACE_FORMAT}"; ${why}. Give a file that vqcheck wrote (vqcheck check --out DIR).`,
    cause === undefined ? undefined : { cause },
  );
}

function invalid(what: string): TraceError {
  return new TraceError(
    'invalid',
    `${what}. The file was changed by hand, or by something else than vqcheck: write it anew.`,
  );
}

function tooLarge(size: number): TraceError {
  return new TraceError(
    'oversized',
    `expected at most ${MAX_TRACE_CHARACTERS} bytes, found ${size}. Shorten the run with vqcheck shrink before it is saved.`,
  );
}
