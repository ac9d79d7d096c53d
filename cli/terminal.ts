/** Where a command writes: two streams, each with its colours, and none where nobody could see them. */
import picocolors from 'picocolors';

export type Colors = ReturnType<typeof picocolors.createColors>;

export interface Terminal {
  /** Results. */
  readonly out: Channel;
  /** Progress and errors. */
  readonly err: Channel;
}

export interface Channel {
  readonly colors: Colors;
  readonly isTerminal: boolean;
  readonly stream: NodeJS.WriteStream;
  write(text: string): void;
}

/** Colour only on a terminal; never with `NO_COLOR`, always with `FORCE_COLOR`. */
function wantsColor(isTerminal: boolean, env: NodeJS.ProcessEnv): boolean {
  if ((env.NO_COLOR ?? '') !== '') return false;
  if ((env.FORCE_COLOR ?? '') !== '' && env.FORCE_COLOR !== '0') return true;
  return isTerminal && env.TERM !== 'dumb';
}

function channel(stream: NodeJS.WriteStream): Channel {
  const isTerminal = stream.isTTY === true;
  return {
    colors: picocolors.createColors(wantsColor(isTerminal, process.env)),
    isTerminal,
    stream,
    write: (text) => void stream.write(text),
  };
}

/** The process's own streams. A reader that goes away (`| head`) ends the output, quietly. */
export function processTerminal(): Terminal {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
  return { out: channel(process.stdout), err: channel(process.stderr) };
}
