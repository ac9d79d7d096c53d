import type { MemoryModel, MemoryModelName, ModelParts } from './model.ts';
import { PartialStoreOrder } from './pso.ts';
import { ReleaseConsistency } from './rc11.ts';
import { SequentialConsistency } from './sc.ts';
import { TotalStoreOrder } from './tso.ts';

/** The memory model of that name, over the given parts. */
export function createMemoryModel(name: MemoryModelName, parts: ModelParts): MemoryModel {
  switch (name) {
    case 'sc':
      return new SequentialConsistency(parts);
    case 'tso':
      return new TotalStoreOrder(parts);
    case 'pso':
      return new PartialStoreOrder(parts);
    case 'rc11':
      return new ReleaseConsistency(parts);
  }
}
