/** Why a file is no trace that can be used: for the caller, and told so that the user knows what to do. */

/**
 * `truncated`: the text ends too early. `foreign`: something else than a trace. `wrong-version`: of another format
 * version. `oversized`: beyond the limits. `invalid`: a trace, but its parts do not fit each other, the schema or the
 * target.
 */
export type TraceErrorCode = 'truncated' | 'foreign' | 'wrong-version' | 'oversized' | 'invalid';

export class TraceError extends Error {
  readonly code: TraceErrorCode;

  constructor(code: TraceErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'TraceError';
    this.code = code;
  }
}
