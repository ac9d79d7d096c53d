/** One progress for several runs at a time: the one that has run the longest is shown, and how many more there are. */
import type { Progress, ProgressNumbers } from './progress.ts';

export interface ProgressOfMany {
  /** A run, by its title, stands there. The first time: it has begun. */
  update(title: string, numbers: ProgressNumbers, seconds: number): void;
  /** The run has ended. */
  done(title: string): void;
}

export function progressOfMany(progress: Progress): ProgressOfMany {
  /** In the order in which they began. */
  const running = new Set<string>();
  let shown = '';
  return {
    update(title, numbers, seconds) {
      running.add(title);
      const [first] = running;
      if (title !== first) return;
      const others = running.size - 1;
      const line = others === 0 ? title : `${title} (and ${others} more)`;
      if (line !== shown) {
        shown = line;
        progress.begin(line);
      }
      progress.update(numbers, seconds);
    },
    done(title) {
      running.delete(title);
      progress.done();
    },
  };
}
