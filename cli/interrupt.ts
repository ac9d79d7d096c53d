/** Ctrl-C: the first asks the command to end and say what it knows; a second one ends it at once. */
import { exitCodes } from './exitCodes.ts';

export interface Interrupt {
  readonly requested: boolean;
  /** Gives the signals back. */
  release(): void;
}

export function watchInterrupt(): Interrupt {
  let requested = false;
  const onSignal = (): void => {
    if (requested) process.exit(exitCodes.interrupted);
    requested = true;
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return {
    get requested() {
      return requested;
    },
    release: () => {
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
    },
  };
}
