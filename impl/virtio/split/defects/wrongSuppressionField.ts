/**
 * 2.7.10.1 (SD9), 2.7.7.2 (SV5): flags without EVENT_IDX, the event index with it. With EVENT_IDX the flags are always 0: there are
 * too many notifications. Without it, the event index is always 0: hardly any.
 *
 * How it comes about: the side looks at the features that were offered, where those that were negotiated count. What to do: only the field in force.
 */
import type { SplitDefect } from './defect.ts';

/** Seeded: the wish for notifications is read where it is not in force. */
export const wrongSuppressionField: SplitDefect = {
  name: 'wrong-suppression-field',
  title: 'the wish for notifications is read where it is not in force',
  fault: 'SD9',
  driver: (Base) =>
    class extends Base {
      protected override readsEventField(): boolean {
        return !super.readsEventField();
      }
    },
  device: (Base) =>
    class extends Base {
      protected override readsEventField(): boolean {
        return !super.readsEventField();
      }
    },
};
