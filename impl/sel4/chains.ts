/** What an operation on a chain means for who owns which buffers, where these change hands by the chain. */
import type { SlotAction } from '../target.ts';

/** What an operation on a chain does to ownership. A chain is named by its queue and its first descriptor. */
export type ChainAction =
  /** To one buffer, as elsewhere. */
  | ({ readonly kind: 'slot' } & SlotAction)
  /** A buffer was put at the end of a chain. If that is published already, so is the buffer. */
  | {
      readonly kind: 'append';
      readonly queue: string;
      readonly head: number;
      readonly address: number;
      readonly length: number;
    }
  /** The chain was not published, and there is none any more. */
  | { readonly kind: 'discard'; readonly queue: string; readonly head: number }
  /** To all buffers of a chain. `collect` also ends it: each comes back to the driver by an action of its own. */
  | {
      readonly kind: 'chain';
      readonly queue: string;
      readonly head: number;
      readonly event: 'publish' | 'take' | 'return' | 'return.failed' | 'collect';
    };
