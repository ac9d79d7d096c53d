/** What a running implementation causes, before it is seen against the slots' ownership. */
import type { FenceOrdering, Ordering, PlainData } from '../memory/index.ts';
import type { ChainEvent, SlotAction } from './system.ts';

/** An event as the implementation causes it, before it is seen against the slots' ownership. */
export type RawEvent =
  | {
      readonly kind: 'call';
      readonly operation: string;
      readonly depth: number;
      readonly args: Readonly<Record<string, PlainData>>;
    }
  | {
      readonly kind: 'return';
      readonly operation: string;
      readonly depth: number;
      readonly args: Readonly<Record<string, PlainData>>;
      readonly result: PlainData;
      readonly accesses: number;
      readonly changed: readonly string[];
    }
  | {
      readonly kind: 'slot';
      readonly event: SlotAction['event'];
      readonly depth: number;
      readonly address: number;
      readonly length: number;
    }
  | {
      readonly kind: 'chain';
      readonly event: ChainEvent | 'append' | 'discard';
      readonly depth: number;
      readonly queue: number;
      readonly head: number | null;
      /** Of an `append`; else -1. */
      readonly address: number;
      readonly length: number;
      /** Of a `collect` or a `revoke`: its buffers are reserved at once. */
      readonly keeps?: boolean;
    }
  | {
      readonly kind: 'payload';
      readonly access: 'read' | 'write';
      readonly byteOffset: number;
      readonly length: number;
      readonly content: number;
    }
  | {
      readonly kind: 'access';
      readonly writes: boolean;
      readonly byteOffset: number;
      readonly length: number;
      readonly name: string;
      readonly operation: string | null;
      readonly order: Ordering;
      readonly update: boolean;
      readonly value: number | null;
      readonly before: number | null;
      readonly content: number | null;
    }
  | { readonly kind: 'fence'; readonly order: FenceOrdering }
  | { readonly kind: 'action'; readonly name: string; readonly argument: number }
  | { readonly kind: 'enter'; readonly line: number }
  | { readonly kind: 'allocation'; readonly byteOffset: number; readonly length: number }
  | {
      readonly kind: 'fault';
      readonly fault: 'misaligned' | 'out-of-range' | 'unsafe-integer' | 'unbounded' | 'threw';
      readonly operation: string | null;
      readonly message: string;
    };
