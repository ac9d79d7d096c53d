/**
 * seL4 notifications as CAmkES gives them to virtqueues: one object a component, whose channels signal it with badges.
 * A notification is binary: signals that come before the component looks are one, and their badges are or-ed.
 *
 * The object's word is the kernel's. Its read-modify-writes are the kernel's lock, so whoever is woken sees what was
 * written before the signal; whoever finds an entry by polling does not. The line and the semaphore are what wakes a
 * component that waits: the core's interrupt handler gives the semaphore.
 */
import { type MemoryPort, type View, viewOf } from '../../memory/index.ts';
import { notification_t, notifier_t } from './layout.ts';

/** The notification object of one component, as its own code and its peers' reach it. */
export type NotificationOptions = {
  /** Byte offset of the object in shared memory; a multiple of 4. */
  readonly object: number;
  /** The line that interrupts the component's core. */
  readonly line: number;
  /** The binary semaphore that its handler gives, of the component's core. */
  readonly semaphore?: number;
};

/** A notification. */
export class Notification {
  private readonly port: MemoryPort;
  private readonly object: View<typeof notification_t.fields>;
  private readonly line: number;
  private readonly semaphore: number;

  constructor(port: MemoryPort, options: NotificationOptions) {
    this.port = port;
    this.object = viewOf(notification_t, port, 'shared', options.object);
    this.line = options.line;
    this.semaphore = options.semaphore ?? 0;
  }

  /** A peer: signals it with a badge, 1..2^32-1; in practice one bit a channel. */
  signal(badge: number): void {
    this.port.op('seL4_Signal', { line: this.line, badge }, () => {
      this.port.rmw(this.object.locationOf('word'), 'or', badge, 'seq_cst');
      this.port.action('ring', this.line);
      return undefined;
    });
  }

  /** The component: takes the badges of all signals since it last did, at once; 0 when there were none. */
  poll(): number {
    return this.port.op('seL4_Poll', { line: this.line }, () => this.take());
  }

  /** The component: the same, and waits until there is a signal. */
  wait(): number {
    return this.port.op('seL4_Wait', { line: this.line }, () =>
      // The semaphore may have been given for a signal that was taken already: then it waits once more.
      this.port.repeat<null, number>(null, () => {
        const badges = this.take();
        if (badges !== 0) return { done: badges };
        this.port.action('take', this.semaphore);
        return { again: null };
      }),
    );
  }

  /** What the component's core runs when the line interrupts it. */
  handler(): void {
    this.port.action('give', this.semaphore);
  }

  private take(): number {
    return this.port.rmw(this.object.locationOf('word'), 'exchange', 0, 'seq_cst');
  }
}

/** Signals a peer now, or later: what the `notify` functions of a component do. */
export type Signal = { readonly notification: Notification; readonly badge: number };

/** Bytes of core-local memory that `Notifier` takes. */
export const NOTIFIER_BYTES = 4;

/**
 * How a component signals its peers. One with several threads does so at once. One with a single thread defers: it keeps
 * the signal until it wants to give another, or is about to wait. So a peer may stay asleep for as long as this component
 * computes: it must call `flush`, or wait.
 */
export class Notifier {
  private readonly port: MemoryPort;
  private readonly stored: View<typeof notifier_t.fields>;
  private readonly signals: readonly Signal[];
  private readonly deferred: boolean;

  /**
   * @param at byte offset in core-local memory of `NOTIFIER_BYTES`, zeroed at first; a multiple of 4.
   * @param signals which function pointers 1, 2, … signal whom.
   */
  constructor(port: MemoryPort, at: number, signals: readonly Signal[], deferred: boolean) {
    this.port = port;
    this.stored = viewOf(notifier_t, port, 'local', at);
    this.signals = signals;
    this.deferred = deferred;
  }

  /** The functions that `notify` may be: for `VirtqueueOptions.functions`. */
  functions(): readonly (() => void)[] {
    return this.signals.map((_, index) => () => this.notify(index + 1));
  }

  /** @param pointer which signal, from 1. */
  notify(pointer: number): void {
    if (!this.deferred) {
      this.give(pointer);
      return;
    }
    this.port.op('notify_deferred', { pointer }, () => {
      const before = this.stored.signal;
      if (before !== 0) this.give(before);
      this.stored.signal = pointer;
      return undefined;
    });
  }

  /** Gives the signal that was kept, if any. To be called before the component waits. */
  flush(): void {
    if (!this.deferred) return;
    this.port.op('notify_flush', {}, () => {
      const before = this.stored.signal;
      if (before === 0) return undefined;
      this.stored.signal = 0;
      this.give(before);
      return undefined;
    });
  }

  private give(pointer: number): void {
    const signal = this.signals[pointer - 1];
    if (signal === undefined) throw new RangeError(`notify: there is no signal ${pointer}`);
    signal.notification.signal(signal.badge);
  }
}
