/** The seeded defects of the target `sel4`, with where each shows. */
import type { TargetDefect } from '../target.ts';

export const defects: readonly TargetDefect[] = [];
