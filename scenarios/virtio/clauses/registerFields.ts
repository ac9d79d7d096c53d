/** Registers as fields of a `FieldMap`: part `register`. */
import type { FieldMap } from './fields.ts';
import type { ClauseRegisters } from './options.ts';

/** Of each register. */
const REGISTER_BYTES = 4;

export function addRegisters(fields: FieldMap, registers: ClauseRegisters | undefined): void {
  if (registers === undefined) return;
  const { status, statusWrite, ready, reset, size, desc, driver, device } = registers;
  const named = { status, statusWrite, ready, reset, size, desc, driver, device };
  for (const [name, byteOffset] of Object.entries(named))
    fields.add('register', 0, name, byteOffset, REGISTER_BYTES);
  for (const [index, byteOffset] of registers.driverFeatures.entries())
    fields.add('driverFeatures', index, 'word', byteOffset, REGISTER_BYTES);
  for (const [index, byteOffset] of registers.deviceFeatures.entries())
    fields.add('deviceFeatures', index, 'word', byteOffset, REGISTER_BYTES);
}
