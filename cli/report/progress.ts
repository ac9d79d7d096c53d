/** Progress on standard error: one live line on a terminal, otherwise a plain line every few seconds. */
import { performance } from 'node:perf_hooks';
import { SingleBar } from 'cli-progress';
import type { Channel } from '../terminal.ts';

/** Where a run stands. */
export interface ProgressNumbers {
  /** What is counted: `states`, `schedules`. */
  readonly unit: string;
  readonly count: number;
  /** More to show, for instance `['frontier', 12]`. */
  readonly more: readonly (readonly [name: string, value: number])[];
}

export interface Progress {
  /** A run begins; `title` is the like of `in-order 4 slots sc`. */
  begin(title: string): void;
  update(numbers: ProgressNumbers, seconds: number): void;
  /** The run has ended. */
  done(): void;
  /** Nothing more comes: the live line goes away. */
  stop(): void;
}

/** Milliseconds between two plain lines. */
const PLAIN_INTERVAL_MS = 5000;
/** Milliseconds between two updates of the live line. */
const LIVE_INTERVAL_MS = 100;

/** Progress over so many runs. */
export function showProgress(channel: Channel, runs: number): Progress {
  return channel.isTerminal ? liveProgress(channel, runs) : plainProgress(channel);
}

/** `1234567` as `1,234,567`. */
export function grouped(value: number): string {
  return Math.round(value).toLocaleString('en');
}

function numbersText({ unit, count, more }: ProgressNumbers, seconds: number): string {
  const rate = seconds > 0.05 ? `${grouped(count / seconds)} ${unit}/s` : '';
  const parts = [
    `${grouped(count)} ${unit}`,
    rate,
    ...more.map(([name, value]) => `${name} ${grouped(value)}`),
  ];
  return parts.filter((part) => part !== '').join(', ');
}

function liveProgress(channel: Channel, runs: number): Progress {
  const bar = new SingleBar({
    stream: channel.stream,
    format: '{bar} {value}/{total} {title}: {numbers}',
    barsize: 16,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    hideCursor: null,
    clearOnComplete: true,
    linewrap: false,
    // Whoever runs the work answers signals.
    gracefulExit: false,
  });
  let title = '';
  let last = Number.NEGATIVE_INFINITY;
  bar.start(runs, 0, { title: '', numbers: '' });
  return {
    begin: (of) => {
      title = of;
      last = Number.NEGATIVE_INFINITY;
    },
    update: (numbers, seconds) => {
      const now = performance.now();
      if (now - last < LIVE_INTERVAL_MS) return;
      last = now;
      bar.update({ title, numbers: numbersText(numbers, seconds) });
    },
    done: () => bar.increment(),
    stop: () => bar.stop(),
  };
}

function plainProgress(channel: Channel): Progress {
  let title = '';
  let last = performance.now();
  return {
    begin: (of) => {
      title = of;
    },
    update: (numbers, seconds) => {
      const now = performance.now();
      if (now - last < PLAIN_INTERVAL_MS) return;
      last = now;
      channel.write(`vqcheck: ${title}: ${numbersText(numbers, seconds)}\n`);
    },
    done: () => {},
    stop: () => {},
  };
}
