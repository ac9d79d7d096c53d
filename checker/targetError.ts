/** Why a target cannot be checked at all: the verdict is `error`, not `violated`. */
export type TargetErrorCode =
  | 'nondeterministic'
  | 'caught-suspension'
  | 'hidden-state'
  | 'not-plain-data'
  | 'mixed-size'
  | 'setup-failed'
  | 'monitor-threw'
  | 'barrier-not-met';

export class TargetError extends Error {
  override readonly name = 'TargetError';
  readonly code: TargetErrorCode;

  constructor(code: TargetErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Asks code of the scenario or a property, and says which it was if it throws. @throws TargetError `monitor-threw`. */
export function asked<T>(whom: string, ask: () => T): T {
  try {
    return ask();
  } catch (cause) {
    if (cause instanceof TargetError) throw cause;
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new TargetError('monitor-threw', `${whom}: ${message}`, { cause });
  }
}
