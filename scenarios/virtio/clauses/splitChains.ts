/** What a driver puts into a split virtqueue: alignment, chains, what it may change, and when the index moves. */
import type { MonitorEvent, Property } from '../../../properties/index.ts';
import { clause } from './clause.ts';
import {
  clauseProperty,
  exercisedIf,
  type Judge,
  type Judgement,
  type Scene,
  together,
  type ValuedField,
} from './judge.ts';
import {
  CHAIN_PARTS,
  type Chain,
  fieldIn,
  INDIRECT,
  isWritable,
  NEXT,
  type SplitQueue,
} from './splitQueue.ts';
import { DeviceView, DriverView } from './splitViews.ts';

/** The longest chain, in bytes. */
const MAX_CHAIN_BYTES = 2 ** 32;

export function splitChainClauses(queue: SplitQueue): readonly Property[] {
  const { features } = queue.options;
  return [
    clauseProperty(
      'sd1-alignment',
      clause(
        'SD1',
        'MUST',
        '2.7.1',
        'descriptor table, available ring and used ring begin at multiples of 16, 2 and 4',
      ),
      queue,
      () => alignment(queue),
    ),
    clauseProperty(
      'sd2-readable-before-writable',
      clause('SD2', 'MUST', '2.7.4.2', 'in a chain, what the device reads comes before what it writes'),
      queue,
      () => eachPublished(queue, readableFirst),
    ),
    clauseProperty(
      'sd3-chain-bytes',
      clause('SD3', 'MUST', '2.7.5.2', 'a chain describes at most 2^32 bytes, so it has no loop'),
      queue,
      () => eachPublished(queue, boundedBytes),
    ),
    clauseProperty(
      'sd4-in-order-links',
      clause(
        'SD4',
        'MUST',
        '2.7.5.2',
        'with IN_ORDER, a descriptor links to the one behind it, and the last one to the first',
      ),
      queue,
      features.inOrder === true ? () => eachPublished(queue, (chain) => links(chain, queue.size)) : null,
    ),
    clauseProperty(
      'sd5-indirect-negotiated',
      clause('SD5', 'MUST', '2.7.5.3.1', 'INDIRECT is set only if it was negotiated'),
      queue,
      () => eachPublished(queue, (chain) => negotiated(chain, features.indirectDesc === true)),
    ),
    clauseProperty(
      'sd5-no-nested-table',
      clause('SD5', 'MUST', '2.7.5.3.1', 'no entry of a table has INDIRECT'),
      queue,
      () => eachPublished(queue, notNested),
    ),
    clauseProperty(
      'sd5-indirect-ends-chain',
      clause('SD5', 'MUST', '2.7.5.3.1', 'no descriptor has both INDIRECT and NEXT'),
      queue,
      () => eachPublished(queue, endsChain),
    ),
    clauseProperty(
      'sd5-chain-length',
      clause('SD5', 'MUST', '2.7.5.3.1', 'a chain takes at most as many descriptors as the queue has'),
      queue,
      () => eachPublished(queue, (chain) => chainLength(chain, queue.size)),
    ),
    clauseProperty(
      'sd5-in-order-table',
      clause('SD5', 'MUST', '2.7.5.3.1', 'with IN_ORDER, the entries of a table link to 1, 2, and so on'),
      queue,
      features.inOrder === true ? () => eachPublished(queue, tableLinks) : null,
    ),
    clauseProperty(
      'sd6-available-index-forward',
      clause('SD6', 'MUST', '2.7.6.1', 'avail.idx never goes backwards'),
      queue,
      () => forward(queue),
    ),
    clauseProperty(
      'sd13-exposed-unchanged',
      clause(
        'SD13',
        'MUST',
        '3.3.1',
        'descriptors of a chain that is out are not changed, nor the entries of its table, nor its available entry',
      ),
      queue,
      () => unchanged(queue),
    ),
    clauseProperty(
      'derived-heads-disjoint',
      clause(
        'DD1',
        'derived',
        '2.7.13',
        'each entry published is a descriptor, and its chain shares none with another one that is out',
      ),
      queue,
      () => disjoint(queue),
    ),
    clauseProperty(
      'derived-ring-not-overfull',
      clause('DD2', 'derived', '2.7.13', 'no more chains are out than the queue has descriptors'),
      queue,
      () => notOverfull(queue),
    ),
  ];
}

/** Judges each chain when it is published. */
function eachPublished(queue: SplitQueue, judge: (chain: Chain) => Judgement): Judge {
  return {
    keeps: [...CHAIN_PARTS, 'avail', 'ring'],
    hears: ['avail'],
    step: (scene, event, fields) =>
      together(
        queue
          .published(event, fields)
          .map((position) => judge(queue.chainOf(scene, queue.headAt(scene, position)))),
      ),
  };
}

function alignment({ options: { geometry, registers } }: SplitQueue): Judge {
  const parts = [
    { part: 'desc', register: 'desc', at: geometry.desc, to: 16, name: 'the descriptor table' },
    { part: 'avail', register: 'driver', at: geometry.avail, to: 2, name: 'the available ring' },
    { part: 'used', register: 'device', at: geometry.used, to: 4, name: 'the used ring' },
  ];
  const judge = (name: string, at: number, to: number): Judgement =>
    at % to === 0 ? exercisedIf(true) : `${name} begins at ${at}, which is no multiple of ${to}`;
  return {
    hears: ['desc', 'avail', 'used', 'register'],
    step: (_scene, event, fields) =>
      together(
        fields.flatMap(({ part, field, value }) => {
          const told = parts.find(({ register }) => part === 'register' && register === field);
          if (told !== undefined && event.kind === 'access' && event.writes)
            return [judge(told.name, value, told.to)];
          const used = parts.find((one) => one.part === part);
          return used === undefined || registers !== undefined ? [] : [judge(used.name, used.at, used.to)];
        }),
      ),
  };
}

function readableFirst({ elements }: Chain): Judgement {
  const firstWritable = elements.findIndex(isWritable);
  const late = firstWritable < 0 ? undefined : elements.slice(firstWritable).find((one) => !isWritable(one));
  if (late !== undefined)
    return `${late.name}, which the device reads, is behind ${elements[firstWritable]?.name}, which it writes`;
  return exercisedIf(firstWritable > 0);
}

function boundedBytes({ head, elements, loops, descriptors, entries }: Chain): Judgement {
  if (loops) return `the chain of head ${head} has a loop`;
  const bytes = elements.reduce((sum, { len }) => sum + len, 0);
  if (bytes > MAX_CHAIN_BYTES) return `the chain of head ${head} describes ${bytes} bytes`;
  return exercisedIf(descriptors.length > 1 || entries.length > 1);
}

function links({ descriptors }: Chain, size: number): Judgement {
  const linked = descriptors.filter(({ flags }) => (flags & NEXT) !== 0);
  const wrong = linked.find(({ index, next }) => next !== (index + 1) % size);
  if (wrong !== undefined)
    return `${wrong.name}.next is ${wrong.next}; with IN_ORDER it has to be ${(wrong.index + 1) % size}`;
  return exercisedIf(linked.length > 0);
}

function negotiated({ indirect }: Chain, allowed: boolean): Judgement {
  if (indirect === null) return null;
  return allowed ? exercisedIf(true) : `${indirect.name} has INDIRECT, which was not negotiated`;
}

function notNested({ entries }: Chain): Judgement {
  const nested = entries.find(({ flags }) => (flags & INDIRECT) !== 0);
  return nested === undefined ? exercisedIf(entries.length > 0) : `${nested.name} has INDIRECT`;
}

function endsChain({ indirect }: Chain): Judgement {
  if (indirect === null) return null;
  return (indirect.flags & NEXT) === 0 ? exercisedIf(true) : `${indirect.name} has both INDIRECT and NEXT`;
}

/** Entries of a table are not counted: the specification does not say whether they are, and implementations differ. */
function chainLength({ head, descriptors, loops }: Chain, size: number): Judgement {
  if (loops) return `the chain of head ${head} has no end`;
  return exercisedIf(descriptors.length === size && size > 1);
}

function tableLinks({ indirect, entries }: Chain): Judgement {
  const wrong = entries.findIndex(({ flags, next }, i) => (flags & NEXT) !== 0 && next !== i + 1);
  if (wrong >= 0)
    return `${indirect?.name} table[${wrong}].next is ${entries[wrong]?.next}; with IN_ORDER it has to be ${wrong + 1}`;
  return exercisedIf(entries.length > 1);
}

function forward(queue: SplitQueue): Judge {
  return {
    keeps: ['avail'],
    hears: ['avail'],
    step(_scene, event, fields) {
      const index = fieldIn(fields, 'avail', 'idx');
      if (index === null || event.kind !== 'access' || !event.writes || !queue.isDriver(event)) return null;
      const distance = queue.distance(index.old, index.value);
      if (distance < 0) return `avail.idx goes from ${index.old} to ${index.value}`;
      return exercisedIf(distance > 0);
    },
  };
}

/** Own words: the driver's view; then, for each table, 1 + the head of the chain that is out and names it. */
function unchanged(queue: SplitQueue): Judge {
  const view = new DriverView(queue);
  const { size, options } = queue;
  const { tables, registers } = options;
  const owners = view.words;
  const tableOwners = owners + size;
  const live = tableOwners + (tables?.count ?? 0);
  return {
    keeps: [...CHAIN_PARTS, ...DriverView.keeps],
    hears: [...CHAIN_PARTS, ...DriverView.hears, 'ring', 'register'],
    words: live + 1,
    begin: (scene) => view.begin(scene),
    step(scene, event, fields) {
      if (event.kind !== 'access') return null;
      const status = fieldIn(fields, 'register', 'status');
      // DRIVER_OK.
      if (status !== null && event.writes) scene.set(live, (status.value & 4) === 0 ? 0 : 1);
      const isLive = registers === undefined || scene.get(live) === 1;
      const verdict = isLive && event.writes && queue.isDriver(event) ? judgeStore(scene, fields) : null;
      const { published, returned } = view.follow(scene, event, fields);
      for (const head of returned) release(scene, head);
      for (const head of published) expose(scene, queue.chainOf(scene, head));
      return verdict;
    },
  };

  function ownerWord({ part, index }: ValuedField): number {
    return part === 'desc' ? owners + index : tableOwners + Math.floor(index / (tables?.entries ?? 1));
  }

  function judgeStore(scene: Scene, fields: readonly ValuedField[]): Judgement {
    const stored = fields.filter(({ part }) => part === 'desc' || part === 'table');
    const changed = stored.find((one) => one.value !== one.old && scene.get(ownerWord(one)) !== 0);
    if (changed !== undefined) {
      const { part, index, field, old, value } = changed;
      const head = scene.get(ownerWord(changed)) - 1;
      return `${part}[${index}].${field} goes from ${old} to ${value} while the chain of head ${head} is out`;
    }
    const entry = fields.find((one) => one.part === 'ring' && one.value !== one.old && isWaiting(scene, one));
    if (entry !== undefined)
      return `ring[${entry.index}].head goes from ${entry.old} to ${entry.value} while the chain of head ${entry.old} is out`;
    const anyOut = Array.from({ length: size }, (_, i) => i).some((i) => scene.get(owners + i) !== 0);
    return exercisedIf(stored.length > 0 && anyOut);
  }

  /** Whether the device may still have to read an entry: it is one of the newest, and no more of them than chains are out. */
  function isWaiting(scene: Scene, { index }: ValuedField): boolean {
    const out = Array.from({ length: size }, (_, head) => head).filter((head) => view.isOut(scene, head));
    const newest = scene.memory('avail', 0, 'idx');
    return out.some((_, i) => ((newest - 1 - i + queue.modulus) % queue.modulus) % size === index);
  }

  function expose(scene: Scene, { head, descriptors, table }: Chain): void {
    for (const { index } of descriptors) scene.set(owners + index, head + 1);
    if (table >= 0) scene.set(tableOwners + table, head + 1);
  }

  function release(scene: Scene, head: number): void {
    for (let word = owners; word < live; word++) if (scene.get(word) === head + 1) scene.set(word, 0);
  }
}

/** Of chains that are out, each descriptor belongs to one. Own words: the device's view. */
function disjoint(queue: SplitQueue): Judge {
  const view = new DeviceView(queue);
  return {
    keeps: [...CHAIN_PARTS, ...DeviceView.keeps],
    hears: DeviceView.hears,
    words: view.words,
    step(scene, event, fields) {
      const before = view.heads(scene);
      const { published } = view.follow(scene, event, fields);
      if (published.length === 0) return null;
      const descriptorsOf = (head: number): number[] =>
        queue.chainOf(scene, head).descriptors.map(({ index }) => index);
      const taken = new Set(before.flatMap(descriptorsOf));
      for (const head of published) {
        const { descriptors, stray } = queue.chainOf(scene, head);
        if (stray !== null) return `the chain of head ${head} names ${stray}, which there is not`;
        const shared = descriptors.find(({ index }) => taken.has(index));
        if (shared !== undefined)
          return `${shared.name} of the chain of head ${head} is in a chain that is out`;
        for (const { index } of descriptors) taken.add(index);
      }
      return exercisedIf(taken.size > 1);
    },
  };
}

function notOverfull(queue: SplitQueue): Judge {
  return {
    keeps: ['avail', 'used'],
    hears: ['avail'],
    step(scene, event: MonitorEvent, fields) {
      const index = fieldIn(fields, 'avail', 'idx');
      if (index === null || event.kind !== 'access' || !event.writes || !queue.isDriver(event)) return null;
      const used = scene.memory('used', 0, 'idx');
      const out = (index.value - used + queue.modulus) % queue.modulus;
      if (out > queue.size) return `${out} chains are out, and the queue has ${queue.size} descriptors`;
      return exercisedIf(out === queue.size);
    },
  };
}
