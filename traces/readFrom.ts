/** Finds out which step stored what a step reads, by the bytes, with the store buffers in between. */
import type { MemoryModelName, System, WalkStep } from '../checker/index.ts';

interface Waiting {
  readonly bytes: readonly string[];
  readonly step: number;
}

export class ReadFromTracker {
  readonly #system: System;
  readonly #buffered: boolean;
  /** Byte → step that stored it. */
  readonly #memory = new Map<string, number>();
  readonly #buffers: readonly Waiting[][];

  constructor(system: System, memory: MemoryModelName) {
    this.#system = system;
    this.#buffered = memory === 'tso';
    this.#buffers = system.cores.map(() => []);
  }

  /** Takes the next step of the run. Returns the latest step among those that stored what it read, or null. */
  next(step: number, { step: entry, access, at }: WalkStep): number | null {
    if (access === 'drain') {
      const oldest = this.#buffers[entry.who]?.shift();
      for (const byte of oldest?.bytes ?? []) this.#memory.set(byte, oldest?.step ?? step);
      return null;
    }
    // A doorbell is a store to a device: it waits behind the others, and is read by nobody.
    if (this.#buffered && (access === 'ring' || access === 'clear')) {
      this.#buffers[this.#coreOf(entry.who)]?.push({ bytes: [], step });
      return null;
    }
    if (at === null) return null;
    const bytes = Array.from({ length: at.bytes }, (_, i) => `${at.memory}:${at.byteOffset + i}`);
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

  #coreOf(agent: number): number {
    return this.#system.agents[agent]?.core ?? -1;
  }

  #latest(byte: string, buffer: readonly Waiting[]): number {
    const own = buffer.findLast((waiting) => waiting.bytes.includes(byte));
    return own?.step ?? this.#memory.get(byte) ?? -1;
  }
}
