import type { MemoryModel, MemoryModelName, ModelParts } from './model.ts';
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
    case 'rc11':
      throw new RangeError(`the memory model ${name} is not available yet`);
  }
}
