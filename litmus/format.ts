/**
 * The file format of litmus tests, `litmus-neutral` version 1: programs in terms of loads, stores, read-modify-writes and
 * fences, each with the complete set of final states under four memory models. Read with suspicion: what a file says wrong
 * is told with what was expected, what was found, and where.
 */
import { z } from 'zod';
import type { MemoryModelName } from '../checker/index.ts';

export const LITMUS_FORMAT = 'litmus-neutral';
export const LITMUS_VERSION = 1;
/** Characters of a file that are read at all. */
export const MAX_LITMUS_CHARACTERS = 16 * 1024 * 1024;

/** Models whose sets a test gives. */
export const litmusModels = ['sc', 'tso', 'pso', 'rc11'] as const satisfies readonly MemoryModelName[];

/** Ways of reading the literature under which some sets differ from the main ones. */
const variantNames = [
  'tso_raw',
  'pso_raw',
  'pso_rmw_local',
  'rc11_cpp20',
  'rc11_fenced_sc',
] as const satisfies readonly string[];
export type LitmusVariant = (typeof variantNames)[number];

const LARGEST = 0xffff_ffff;
const MOST_THREADS = 16;

const text = z.string().min(1).max(500);
/** A location or a register; a colon would make it look like the other in what is observed. */
const name = z
  .string({ error: 'a name' })
  .regex(/^[A-Za-z_]\w{0,30}$/, { error: 'a name: a letter, then letters, digits or _' });
const word = z
  .int({ error: 'a whole number, 0..2^32-1' })
  .min(0, { error: 'a whole number, 0..2^32-1' })
  .max(LARGEST, { error: 'a whole number, 0..2^32-1' });
const index = z.int({ error: 'the index of a thread' }).min(0, { error: 'the index of a thread' });
const factor = z.int({ error: 'a whole number' });

const valueSchema = z.union(
  [word, z.strictObject({ reg: name, mul: factor.optional(), add: factor.optional() })],
  { error: 'a whole number, 0..2^32-1, or { "reg", "mul", "add" }' },
);

const whenSchema = z.array(
  z
    .strictObject({ reg: name, eq: word.optional(), ne: word.optional() })
    .refine(({ eq, ne }) => (eq === undefined) !== (ne === undefined), { error: 'one of "eq" and "ne"' }),
);
const when = whenSchema.optional();

const loadOrder = z.enum(['plain', 'rlx', 'acq', 'sc']);
const storeOrder = z.enum(['plain', 'rlx', 'rel', 'sc']);
const rmwOrder = z.enum(['rlx', 'acq', 'rel', 'acq_rel', 'sc']);
const failOrder = z.enum(['rlx', 'acq', 'sc']);
const fenceOrder = z.enum(['acq', 'rel', 'acq_rel', 'sc']);
const rmwKind = z.enum(['xchg', 'add', 'or', 'and']);

const operationSchema = z.discriminatedUnion('op', [
  z.strictObject({ op: z.literal('store'), loc: name, value: valueSchema, order: storeOrder, when }),
  z.strictObject({ op: z.literal('load'), loc: name, reg: name, order: loadOrder, when }),
  z.strictObject({
    op: z.literal('rmw'),
    kind: rmwKind,
    loc: name,
    value: valueSchema,
    reg: name,
    order: rmwOrder,
    when,
  }),
  z.strictObject({
    op: z.literal('cas'),
    loc: name,
    expect: valueSchema,
    value: valueSchema,
    reg: name,
    order: rmwOrder,
    failOrder,
    when,
  }),
  z.strictObject({ op: z.literal('fence'), order: fenceOrder, when }),
  z
    .strictObject({
      op: z.literal('await'),
      loc: name,
      eq: word.optional(),
      ne: word.optional(),
      reg: name,
      order: loadOrder,
      when,
    })
    .refine(({ eq, ne }) => (eq === undefined) !== (ne === undefined), { error: 'one of "eq" and "ne"' }),
]);

const verdict = z.enum(['allowed', 'forbidden']);
const outcomes = z.array(z.array(word));

const testSchema = z.strictObject({
  name: text,
  family: text,
  locations: z.record(name, word),
  threads: z.array(z.array(operationSchema)).min(1).max(MOST_THREADS),
  isr: z.array(z.strictObject({ thread: index, on: index })).optional(),
  observed: z.array(text).min(1),
  condition: z.array(z.record(text, word)),
  verdicts: z.record(z.enum(litmusModels), verdict),
  outcomes: z.record(z.enum(litmusModels), outcomes),
  variants: z.partialRecord(z.enum(variantNames), z.strictObject({ verdict, outcomes })).optional(),
  race: z.record(text, z.boolean()).optional(),
  executions: z.record(text, z.int().min(0)).optional(),
  published: z.record(text, verdict).optional(),
  source: z.array(text).optional(),
  agreed_by: z.record(text, z.array(text)).optional(),
  note: text.optional(),
});

const fileSchema = z.strictObject({
  format: z.literal(LITMUS_FORMAT),
  version: z.literal(LITMUS_VERSION),
  tests: z.array(testSchema),
});

export type LitmusTest = Readonly<z.infer<typeof testSchema>>;
/** Operations in program order. */
export type LitmusThread = readonly LitmusOperation[];
export type LitmusOperation = Readonly<z.infer<typeof operationSchema>>;
/** A number, or a register's value times `mul`, plus `add`; modulo 2^32. */
export type LitmusValue = z.infer<typeof valueSchema>;

/**
 * `not-json`: no JSON at all. `foreign`: of another format. `wrong-version`: of another version. `oversized`: too long to
 * read. `invalid`: something in it is wrong.
 */
export type LitmusErrorCode = 'not-json' | 'foreign' | 'wrong-version' | 'oversized' | 'invalid';

/** What is wrong with a file of litmus tests. */
export class LitmusError extends Error {
  override readonly name = 'LitmusError';
  readonly code: LitmusErrorCode;
  /** Place in the file, with the name of the test, for instance `tests[3] (MP).threads[0][1].order`. */
  readonly where: string;
  readonly expected: string;
  readonly found: string;

  constructor(
    code: LitmusErrorCode,
    where: string,
    expected: string,
    found: string,
    options?: { readonly cause: unknown },
  ) {
    super(`${where}: expected ${expected}, found ${found}`, options);
    this.code = code;
    this.where = where;
    this.expected = expected;
    this.found = found;
  }
}

/** The tests of a file. @throws LitmusError of each code; never another error, whatever the text is. */
export function decodeLitmus(json: string): readonly LitmusTest[] {
  if (json.length > MAX_LITMUS_CHARACTERS) {
    throw new LitmusError(
      'oversized',
      'the file',
      `at most ${MAX_LITMUS_CHARACTERS} characters`,
      `${json.length}`,
    );
  }
  const data = parsed(json);
  const format = memberOf(data, 'format');
  if (format !== LITMUS_FORMAT) {
    throw new LitmusError('foreign', 'format', `"${LITMUS_FORMAT}"`, brief(format));
  }
  const version = memberOf(data, 'version');
  if (version !== LITMUS_VERSION) {
    throw new LitmusError('wrong-version', 'version', `${LITMUS_VERSION}`, brief(version));
  }
  const result = fileSchema.safeParse(data);
  if (!result.success) {
    const issue = result.error.issues[0];
    throw issue === undefined ? invalid('the file', 'a litmus file', 'another') : issueError(issue, data);
  }
  const { tests } = result.data;
  const names = new Map<string, number>();
  for (const [i, test] of tests.entries()) {
    const at = `tests[${i}] (${test.name})`;
    const other = names.get(test.name);
    if (other !== undefined) {
      throw invalid(`${at}.name`, 'a name of its own', `${brief(test.name)}, the name of tests[${other}]`);
    }
    names.set(test.name, i);
    checkTest(test, at);
  }
  return tests;
}

// --- What a schema does not say --------------------------------------------------------------------------------------

/** @throws LitmusError `invalid`. */
function checkTest(test: LitmusTest, at: string): void {
  const locations = Object.keys(test.locations);
  const registers = test.threads.map(registersOf);
  for (const [t, thread] of test.threads.entries()) {
    for (const [i, operation] of thread.entries()) {
      const where = `${at}.threads[${t}][${i}]`;
      if ('loc' in operation) checkName(`${where}.loc`, 'location', operation.loc, locations);
      const known = registers[t] ?? [];
      for (const key of ['value', 'expect'] as const) {
        const value = memberOf(operation, key);
        const reg = memberOf(value, 'reg');
        if (typeof reg === 'string') checkName(`${where}.${key}.reg`, `register of thread ${t}`, reg, known);
      }
      for (const [w, { reg }] of (operation.when ?? []).entries())
        checkName(`${where}.when[${w}].reg`, `register of thread ${t}`, reg, known);
    }
  }
  checkHandlers(test, at);
  for (const [i, observed] of test.observed.entries()) {
    const where = `${at}.observed[${i}]`;
    const [thread, register] = observed.split(':');
    if (register === undefined) {
      checkName(where, 'location', observed, locations);
      continue;
    }
    const known = /^\d+$/.test(thread ?? '') ? registers[Number(thread)] : undefined;
    if (known === undefined) {
      throw invalid(where, `a thread 0..${test.threads.length - 1} before the colon`, brief(observed));
    }
    checkName(where, `register of thread ${thread}`, register, known);
  }
  if (new Set(test.observed).size < test.observed.length)
    throw invalid(`${at}.observed`, 'names that differ', brief(test.observed));
  for (const [i, alternative] of test.condition.entries()) {
    for (const key of Object.keys(alternative))
      checkName(`${at}.condition[${i}]`, 'name that is observed', key, test.observed);
  }
  for (const model of litmusModels) {
    checkOutcomes(test, `${at}.outcomes.${model}`, test.outcomes[model]);
    checkVerdict(test, `${at}.verdicts.${model}`, test.verdicts[model], test.outcomes[model]);
  }
  for (const [variant, sets] of Object.entries(test.variants ?? {})) {
    checkOutcomes(test, `${at}.variants.${variant}.outcomes`, sets.outcomes);
    checkVerdict(test, `${at}.variants.${variant}.verdict`, sets.verdict, sets.outcomes);
  }
}

function checkHandlers(test: LitmusTest, at: string): void {
  const handlers = new Set<number>();
  const last = test.threads.length - 1;
  for (const [i, { thread, on }] of (test.isr ?? []).entries()) {
    for (const [key, value] of Object.entries({ thread, on })) {
      if (value > last) throw invalid(`${at}.isr[${i}].${key}`, `a thread 0..${last}`, `${value}`);
    }
    if (handlers.has(thread)) {
      throw invalid(`${at}.isr[${i}].thread`, 'a thread that is no handler yet', `${thread} again`);
    }
    handlers.add(thread);
  }
  for (const [i, { on }] of (test.isr ?? []).entries()) {
    if (handlers.has(on)) {
      throw invalid(`${at}.isr[${i}].on`, 'a thread that is no handler itself', `the handler ${on}`);
    }
  }
}

function checkOutcomes(test: LitmusTest, at: string, rows: readonly (readonly number[])[]): void {
  const seen = new Set<string>();
  for (const [i, row] of rows.entries()) {
    const where = `${at}[${i}]`;
    if (row.length !== test.observed.length) {
      throw invalid(where, `${test.observed.length} values, one for each name observed`, brief(row));
    }
    if (seen.has(row.join())) throw invalid(where, 'each outcome once', `${brief(row)} again`);
    seen.add(row.join());
  }
}

/** The verdict must be what the set says: one of them would be a mistake. */
function checkVerdict(
  test: LitmusTest,
  at: string,
  said: 'allowed' | 'forbidden',
  rows: readonly (readonly number[])[],
): void {
  const satisfied = rows.some((row) =>
    test.condition.some((alternative) =>
      Object.entries(alternative).every(([key, value]) => row[test.observed.indexOf(key)] === value),
    ),
  );
  const expected = satisfied ? 'allowed' : 'forbidden';
  if (said === expected) return;
  const why = satisfied ? 'an outcome satisfies' : 'no outcome satisfies';
  throw invalid(at, `"${expected}", as ${why} the condition`, `"${said}"`);
}

function registersOf(thread: LitmusThread): readonly string[] {
  return [...new Set(thread.flatMap((operation) => ('reg' in operation ? [operation.reg] : [])))];
}

function checkName(where: string, kind: string, found: string, known: readonly string[]): void {
  if (known.includes(found)) return;
  throw invalid(
    where,
    `a ${kind}${known.length === 0 ? ' (there is none)' : `: ${known.join(', ')}`}`,
    brief(found),
  );
}

// --- Errors ----------------------------------------------------------------------------------------------------------

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    const found = cause instanceof Error ? cause.message : String(cause);
    throw new LitmusError('not-json', 'the file', 'JSON', found, { cause });
  }
}

function invalid(where: string, expected: string, found: string): LitmusError {
  return new LitmusError('invalid', where, expected, found);
}

/** What a schema calls a type, in words. */
const typeWords: Readonly<Record<string, string>> = {
  array: 'a list',
  object: 'an object',
  record: 'an object',
  string: 'text',
  boolean: 'true or false',
};

function issueError(issue: z.core.$ZodIssue, data: unknown): LitmusError {
  const where = pathOf(issue.path, data);
  const found = valueAt(data, issue.path);
  switch (issue.code) {
    case 'invalid_type':
      // A message of the schema's own says more than the type.
      return invalid(
        where,
        issue.message.startsWith('Invalid') ? (typeWords[issue.expected] ?? issue.expected) : issue.message,
        brief(found),
      );
    case 'invalid_value':
      return invalid(where, `one of ${issue.values.map(String).join(', ')}`, brief(found));
    case 'unrecognized_keys':
      return invalid(where, 'only the fields of the format', issue.keys.map((key) => `"${key}"`).join(', '));
    case 'invalid_key':
      return invalid(
        where,
        issue.issues[0]?.message ?? 'another name',
        `the name ${brief(issue.path.at(-1))}`,
      );
    case 'invalid_union': {
      const operations = operationSchema.options.map((option) => option.shape.op.value).join(', ');
      const own = !issue.message.startsWith('Invalid');
      return invalid(where, own ? issue.message : `one of ${operations}`, brief(found));
    }
    case 'too_small':
    case 'too_big': {
      const own = !issue.message.startsWith('Too');
      const limit = issue.code === 'too_small' ? `at least ${issue.minimum}` : `at most ${issue.maximum}`;
      const unit = Array.isArray(found) ? 'elements' : 'characters';
      return invalid(where, own ? issue.message : `${limit} ${unit}`, brief(found));
    }
    default:
      return invalid(where, issue.message, brief(found));
  }
}

function pathOf(path: readonly PropertyKey[], data: unknown): string {
  let at = data;
  let where = '';
  for (const [i, key] of path.entries()) {
    at = memberOf(at, key);
    if (typeof key === 'number') where += `[${key}]`;
    else where += `${i === 0 ? '' : '.'}${String(key)}`;
    const test = memberOf(at, 'name');
    if (i === 1 && path[0] === 'tests' && typeof test === 'string') where += ` (${test})`;
  }
  return where === '' ? 'the file' : where;
}

function valueAt(data: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce(memberOf, data);
}

function memberOf(value: unknown, key: PropertyKey): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  // An own property of an object, which may hold anything.
  return (value as Readonly<Record<PropertyKey, unknown>>)[key];
}

function brief(value: unknown): string {
  if (value === undefined) return 'nothing';
  const json = JSON.stringify(value);
  return json.length > 60 ? `${json.slice(0, 57)}…` : json;
}
