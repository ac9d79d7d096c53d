/**
 * Critical sections of one core: its interrupts are masked, so no handler of it comes in between. After
 * `esp_amp_env_enter_critical` and `esp_amp_env_exit_critical`, by save and restore, which lets them nest: the source
 * counts how deep it is, to the same effect. They do nothing about the other core.
 */
import type { MemoryPort } from '../../memory/index.ts';

/** Masks the core's interrupts. Returns what `exit_critical` has to be given: 1 if they were masked before, else 0. */
export function enter_critical(port: MemoryPort): number {
  return port.action('mask', 0);
}

/** Ends a section. Only the outermost one unmasks. @param was what its `enter_critical` returned. */
export function exit_critical(port: MemoryPort, was: number): void {
  if (was === 0) port.action('unmask', 0);
}

/** Runs `body` in a critical section, and returns what it returns. When it throws, interrupts stay masked. */
export function critical<R>(port: MemoryPort, body: () => R): R {
  // No `finally`: the port's exceptions have to pass without another access.
  const was = enter_critical(port);
  const result = body();
  exit_critical(port, was);
  return result;
}
