/** What the process tells its caller: one table of exit codes, and how those of several runs make one. */

/** Exit codes, each with one meaning. */
export const exitCodes = {
  /** Every run is as expected. */
  asExpected: 0,
  /** A violation; also any under a seeded defect, and a proof where a violation was expected. */
  violation: 1,
  /** Wrong usage, or input that cannot be read. */
  usage: 2,
  /** A bound was met before the space was exhausted. */
  incomplete: 3,
  /** The target cannot be checked, a scenario proves nothing, or a trace does not fit the code. */
  error: 4,
  /** Interrupted: what was known by then was printed and saved. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** What each exit code means, for the help and the docs. */
export const exitCodeMeanings: readonly (readonly [code: ExitCode, meaning: string])[] = [
  [exitCodes.asExpected, 'every run is as expected'],
  [
    exitCodes.violation,
    'a violation (also any under a seeded defect), or a proof where a violation was expected',
  ],
  [exitCodes.usage, 'wrong usage, or input that cannot be read'],
  [exitCodes.incomplete, 'incomplete: a bound was met first'],
  [exitCodes.error, 'the target cannot be checked, a scenario is vacuous, or a trace does not fit the code'],
  [exitCodes.interrupted, 'interrupted, after printing and saving what is known'],
];

/** The first of these that occurs is the exit code of several runs. */
const precedence: readonly ExitCode[] = [
  exitCodes.interrupted,
  exitCodes.usage,
  exitCodes.violation,
  exitCodes.error,
  exitCodes.incomplete,
];

/** The exit code of several runs together. */
export function combineExitCodes(codes: readonly ExitCode[]): ExitCode {
  return precedence.find((code) => codes.includes(code)) ?? exitCodes.asExpected;
}
