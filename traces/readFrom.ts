/** Finds out which step stored what a step reads, by the bytes, with the store buffers in between. */
import type { MemoryModelName, System, WalkStep } from '../checker/index.ts';

interface Waiting {
  readonly bytes: readonly string[];
  readonly step: number;
}

export class ReadFromTracker {
  readonly #system: System;
  readonly #buffered: boolean;
  /** Loads may return old messages: which ones, their choice says. */
  readonly #ordered: boolean;
  /** By the bytes of a location: the steps that stored to it, in coherence order; null where that is not known. */
  readonly #stores = new Map<string, number[] | null>();
  /** Byte → step that stored it. */
  readonly #memory = new Map<string, number>();
  readonly #buffers: readonly Waiting[][];

  constructor(system: System, memory: MemoryModelName) {
    this.#system = system;
    this.#buffered = memory === 'tso' || memory === 'pso';
    this.#ordered = memory === 'rc11';
    this.#buffers = system.cores.map(() => []);
  }

  /** Takes the next step of the run. Returns the latest step among those that stored what it read, or null. */
  next(step: number, { step: entry, access, at }: WalkStep): number | null {
    if (access === 'drain') {
      const drained = bytesOf(at).join();
      const buffer = this.#buffers[entry.who] ?? [];
      const place = buffer.findIndex(({ bytes }) => bytes.join() === drained);
      const [oldest] = place < 0 ? [] : buffer.splice(place, 1);
      for (const byte of oldest?.bytes ?? []) this.#memory.set(byte, oldest?.step ?? step);
      return null;
    }
    // A doorbell is a store to a device: it waits behind the others, and is read by nobody.
    if (this.#buffered && (access === 'ring' || access === 'clear')) {
      this.#buffers[this.#coreOf(entry.who)]?.push({ bytes: [], step });
      return null;
    }
    if (at === null) return null;
    const bytes = bytesOf(at);
    if (this.#ordered && at.memory < 0)
      return this.#message(bytes.join(), step, entry.choice, access, at.writes);
    const buffer = this.#buffers[this.#coreOf(entry.who)] ?? [];
    const reads = access !== 'store' && access !== 'write';
    const from = reads ? Math.max(...bytes.map((byte) => this.#latest(byte, buffer))) : -1;
    if (at.writes) {
      // A core's own memory has no store buffer before it.
      if (this.#buffered && !reads && at.memory < 0) buffer.push({ bytes, step });
      else for (const byte of bytes) this.#memory.set(byte, step);
    }
    return from < 0 ? null : from;
  }

  /** The message read, if the choice says which; and where a new one stands. */
  #message(location: string, step: number, choice: number, access: string, writes: boolean): number | null {
    const stores = this.#stores.has(location) ? (this.#stores.get(location) ?? null) : [];
    const loads = access === 'load' || access === 'read';
    const known = stores !== null && (loads || choice === 0);
    const from = known && access !== 'store' && access !== 'write' ? stores.at(-1 - choice) : undefined;
    // A message that is placed before others: which ones, is not told.
    if (writes) this.#stores.set(location, known ? [...stores, step] : null);
    return from ?? null;
  }

  #coreOf(agent: number): number {
    return this.#system.agents[agent]?.core ?? -1;
  }

  #latest(byte: string, buffer: readonly Waiting[]): number {
    const own = buffer.findLast((waiting) => waiting.bytes.includes(byte));
    return own?.step ?? this.#memory.get(byte) ?? -1;
  }
}

function bytesOf(at: WalkStep['at']): string[] {
  return at === null ? [] : Array.from({ length: at.bytes }, (_, i) => `${at.memory}:${at.byteOffset + i}`);
}
