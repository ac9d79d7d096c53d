/** Why a target cannot be checked at all: the verdict is `error`, not `violated`. */
export type TargetErrorCode =
  | 'nondeterministic'
  | 'caught-suspension'
  | 'hidden-state'
  | 'not-plain-data'
  | 'mixed-size'
  | 'setup-failed'
  | 'monitor-threw';

export class TargetError extends Error {
  override readonly name = 'TargetError';
  readonly code: TargetErrorCode;

  constructor(code: TargetErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
