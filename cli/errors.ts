/** Errors of whoever calls the command: each with a code from one table, and what to do about it. */

/** Every code of a `UsageError`: what it means, and what to do. The docs page is made from this table. */
export const usageErrors = {
  'unknown-command': { meaning: 'no such command', advice: 'vqcheck --help' },
  'bad-arguments': {
    meaning: 'options or arguments that the command does not take',
    advice: 'vqcheck --help',
  },
  'bad-value': { meaning: 'an option has a value that it does not take', advice: 'vqcheck --help' },
  'unknown-target': { meaning: 'no built-in target has this name', advice: 'vqcheck list' },
  'unknown-scenario': { meaning: 'the target has no such scenario', advice: 'vqcheck list' },
  'unknown-defect': { meaning: 'the target has no such seeded defect', advice: 'vqcheck list' },
  'unknown-property': { meaning: 'the target does not check such a property', advice: 'vqcheck list' },
  'unknown-memory': {
    meaning: 'the target is not checked under such a memory model',
    advice: 'vqcheck list',
  },
  'refused-combination': { meaning: 'the scenario cannot run with these parameters', advice: 'vqcheck list' },
  'file-not-found': { meaning: 'a file does not exist', advice: 'check the path' },
  'unreadable-file': { meaning: 'a file cannot be read', advice: 'check the path and its permissions' },
  'unwritable-file': {
    meaning: 'a file cannot be written',
    advice: 'choose another path with --out or --json',
  },
  'file-exists': {
    meaning: 'a file would be overwritten that must not be',
    advice: 'choose another path with --out',
  },
  'bad-target-module': {
    meaning: 'a module does not export a target',
    advice: 'export const target: Target = { … }',
  },
  'bad-trace': {
    meaning: 'a file is no trace that this version can read',
    advice: 'record it again with vqcheck check',
  },
} as const satisfies Readonly<Record<string, { readonly meaning: string; readonly advice: string }>>;

export type UsageErrorCode = keyof typeof usageErrors;

export interface UsageErrorFields {
  /** What was expected, in words. */
  readonly expected: string;
  /** What was found instead. */
  readonly found: string;
  /** Names near to the one found. */
  readonly suggestions?: readonly string[];
  /** The next command to type, where the table's advice can be made more precise. */
  readonly advice?: string;
  readonly cause?: unknown;
}

/** Whoever called is wrong, or what they gave: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly code: UsageErrorCode;
  readonly expected: string;
  readonly found: string;
  readonly suggestions: readonly string[];
  readonly advice: string;

  constructor(code: UsageErrorCode, message: string, fields: UsageErrorFields) {
    super(message, fields.cause === undefined ? undefined : { cause: fields.cause });
    this.code = code;
    this.expected = fields.expected;
    this.found = fields.found;
    this.suggestions = fields.suggestions ?? [];
    this.advice = fields.advice ?? usageErrors[code].advice;
  }
}

/** The error as lines for a person. */
export function renderUsageError(error: UsageError): string {
  const lines = [
    `vqcheck: ${error.message} [${error.code}]`,
    `  expected: ${error.expected}`,
    `  found:    ${error.found}`,
  ];
  if (error.suggestions.length > 0) lines.push(`  did you mean ${error.suggestions.join(' or ')}?`);
  lines.push(`  next:     ${error.advice}`);
  return `${lines.join('\n')}\n`;
}

/** The name that is asked for, if there is one of that kind. @throws UsageError with suggestions otherwise. */
export function knownName(
  code: UsageErrorCode,
  kind: string,
  name: string,
  known: readonly string[],
  advice?: string,
): string {
  if (known.includes(name)) return name;
  throw new UsageError(code, `unknown ${kind} "${name}"`, {
    expected: known.length === 0 ? `no ${kind}: there is none` : `one of ${known.join(', ')}`,
    found: name,
    suggestions: nearNames(name, known),
    ...(advice === undefined ? {} : { advice }),
  });
}

/** Up to three of the known names that may have been meant, the nearest first. */
export function nearNames(name: string, known: readonly string[]): readonly string[] {
  const limit = Math.max(2, Math.floor(name.length / 3));
  return known
    .map((candidate) => ({ candidate, distance: editDistance(name.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ candidate, distance }) => distance <= limit || (name.length > 2 && candidate.includes(name)))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({ candidate }) => candidate);
}

/** Insertions, removals and replacements of single characters that turn one text into the other. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
