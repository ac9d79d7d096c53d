/** What the sides of a split virtqueue do with the bytes that a chain describes, and what a device gives back. */
import { VIRTIO_BAD_INDIRECT } from '../../../impl/index.ts';
import type { Property } from '../../../properties/index.ts';
import { clause } from './clause.ts';
import { clauseProperty, exercisedIf, type Judge, type Scene, together } from './judge.ts';
import {
  CHAIN_PARTS,
  type Chain,
  type Element,
  elementAt,
  elementsIn,
  fieldIn,
  INDIRECT,
  isWritable,
  type SplitQueue,
  WRITE,
} from './splitQueue.ts';
import { DeviceView, DriverView } from './splitViews.ts';
import { countBytes, prefixBytes, wholeBytes } from './writtenBytes.ts';

const WITH_CHAINS = [...CHAIN_PARTS, ...DeviceView.keeps];

export function splitPayloadClauses(queue: SplitQueue): readonly Property[] {
  const { features } = queue.options;
  return [
    clauseProperty(
      'sd8-within-used-length',
      clause(
        'SD8',
        'SHOULD',
        '2.7.8.3',
        'of what the device could write, the driver reads no more than the used length',
      ),
      queue,
      (context) => usedLength(queue, context.slots.length),
    ),
    clauseProperty(
      'sv2-any-framing',
      clause(
        'SV2',
        'MUST',
        '2.7.4.1',
        'the device assumes nothing about how data is cut: no access begins in one descriptor’s bytes and leaves those of the chain',
      ),
      queue,
      () => framing(queue),
    ),
    clauseProperty(
      'sv3-writes-writable-only',
      clause(
        'SV3',
        'MUST',
        '2.7.5.1',
        'the device writes neither what it is to read nor the descriptor table',
      ),
      queue,
      () => writesWritable(queue),
    ),
    clauseProperty(
      'sv3-reads-readable-only',
      clause('SV3', 'SHOULD', '2.7.5.1', 'the device does not read what it is to write'),
      queue,
      () => readsReadable(queue),
    ),
    clauseProperty(
      'sv4-write-flag-ignored',
      clause('SV4', 'MUST', '2.7.5.3.2', 'the device ignores WRITE on a descriptor that names a table'),
      queue,
      () => writeIgnored(queue),
    ),
    clauseProperty(
      'sv4-direct-then-table',
      clause(
        'SV4',
        'MUST',
        '2.7.5.3.2',
        'the device takes a chain of direct descriptors, or none, and one that names a table',
      ),
      queue,
      () => walksTables(queue, () => true),
    ),
    clauseProperty(
      'sv6-length-before-index',
      clause('SV6', 'MUST', '2.7.8.2', 'len of a used entry is set before used.idx moves past it'),
      queue,
      () => lengthSet(queue),
    ),
    clauseProperty(
      'sv6-bytes-before-index',
      clause(
        'SV6',
        'MUST',
        '2.7.8.2',
        'so many bytes as len says are written, from the first writable one on, before used.idx moves',
      ),
      queue,
      () => bytesWritten(queue),
    ),
    clauseProperty(
      'sv8-in-order',
      clause(
        'SV8',
        'MUST',
        '6.2',
        'with IN_ORDER, chains are given back in the order in which they were made available',
      ),
      queue,
      features.inOrder === true ? () => inOrder(queue) : null,
    ),
    clauseProperty(
      'derived-used-was-out',
      clause(
        'DV1',
        'derived',
        '2.7.8',
        'each used entry names a chain that is out, and each chain is given back once',
      ),
      queue,
      () => usedWasOut(queue),
    ),
    clauseProperty(
      'derived-used-not-ahead',
      clause('DV2', 'derived', '2.7.8', 'used.idx does not go past avail.idx'),
      queue,
      () => notAhead(queue),
    ),
    clauseProperty(
      'derived-bounded-walk',
      clause(
        'DV3',
        'derived',
        '2.7.5.2',
        'the device reads no more descriptors for a chain than the queue has',
      ),
      queue,
      () => boundedWalk(queue),
    ),
  ];
}

/**
 * Own words: the driver's view; then for each application buffer 1 + how many of its bytes the device has filled, or 0:
 * nothing is claimed.
 */
function usedLength(queue: SplitQueue, slots: number): Judge {
  const view = new DriverView(queue);
  const limits = view.words;
  return {
    keeps: [...CHAIN_PARTS, ...DriverView.keeps, 'entry'],
    hears: DriverView.hears,
    words: limits + slots,
    minds: (event) => event.kind === 'payload' || event.kind === 'slot',
    begin: (scene) => view.begin(scene),
    step(scene, event, fields) {
      if (event.kind === 'slot') {
        const ends = event.event === 'publish' || event.event === 'cancel';
        if (ends && event.slot >= 0) scene.set(limits + event.slot, 0);
        return null;
      }
      if (event.kind === 'payload') {
        if (!queue.isDriver(event) || event.slot < 0) return null;
        const limit = scene.get(limits + event.slot);
        if (event.access === 'write') scene.set(limits + event.slot, 0);
        if (event.access === 'write' || limit === 0) return null;
        const end = event.within + event.length;
        if (end > limit - 1) {
          const name = scene.context.slots[event.slot]?.name;
          return `it reads ${name} up to byte ${end}; the device says that it wrote ${limit - 1}`;
        }
        return exercisedIf(true);
      }
      const { returned } = view.follow(scene, event, fields);
      const id = fieldIn(fields, 'entry', 'id');
      for (const [i, head] of returned.entries()) {
        // Of a batch the length says something about the last chain only.
        const last = i === returned.length - 1 && id !== null;
        const len = last ? scene.memory('entry', id.index, 'len') : Number.POSITIVE_INFINITY;
        limitBuffers(scene, queue.chainOf(scene, head), len);
      }
      return null;
    },
  };

  function limitBuffers(scene: Scene, { elements }: Chain, len: number): void {
    let left = len;
    for (const { addr, len: bytes, flags } of elements) {
      const slot = scene.context.slots.findIndex(
        ({ address, lengthBytes }) => addr >= address && addr < address + lengthBytes,
      );
      if ((flags & WRITE) === 0) continue;
      const filled = Math.min(bytes, left);
      left -= filled;
      const within = addr - (scene.context.slots[slot]?.address ?? addr);
      if (slot >= 0) scene.set(limits + slot, 1 + within + filled);
    }
  }
}

/** Chains that are out, and what a payload access of the device has to do with them. */
function withChains(
  queue: SplitQueue,
  judge: (
    chains: readonly Chain[],
    event: Extract<Parameters<Judge['step']>[1], { kind: 'payload' }>,
  ) => ReturnType<Judge['step']>,
): Judge {
  const view = new DeviceView(queue);
  return {
    keeps: WITH_CHAINS,
    hears: DeviceView.hears,
    words: view.words,
    minds: (event) => event.kind === 'payload' && queue.isDevice(event),
    step(scene, event, fields) {
      if (event.kind === 'payload') return judge(view.chains(scene), event);
      view.follow(scene, event, fields);
      return null;
    },
  };
}

function framing(queue: SplitQueue): Judge {
  return withChains(queue, (chains, event) => {
    const chain = chains.find(({ elements }) => elementAt(elements, event) !== undefined);
    if (chain === undefined) return null;
    const inside = (at: number): boolean =>
      chain.elements.some(({ addr, len }) => at >= addr && at < addr + len);
    for (let at = event.byteOffset; at < event.byteOffset + event.length; at++) {
      if (!inside(at))
        return `its ${event.access} of ${event.length} bytes leaves ${elementAt(chain.elements, event)?.name} of the chain of head ${chain.head}`;
    }
    return exercisedIf(chain.elements.length > 1);
  });
}

function writesWritable(queue: SplitQueue): Judge {
  const payload = withChains(queue, (chains, event) => {
    if (event.access === 'read') return null;
    const met = elementsIn(
      chains.flatMap(({ elements }) => elements),
      event,
    );
    const wrong = met.find((element) => !isWritable(element));
    if (wrong !== undefined) return `it writes the bytes of ${wrong.name}, which it is to read`;
    return exercisedIf(met.length > 0);
  });
  return {
    ...payload,
    hears: [...(payload.hears ?? []), ...CHAIN_PARTS],
    step(scene, event, fields) {
      if (event.kind === 'access' && event.writes && queue.isDevice(event)) {
        if (fields.some(({ part }) => part === 'desc' || part === 'table')) return `it writes ${event.name}`;
      }
      return payload.step(scene, event, fields);
    },
  };
}

function readsReadable(queue: SplitQueue): Judge {
  return withChains(queue, (chains, event) => {
    if (event.access === 'write') return null;
    const met = elementsIn(
      chains.flatMap(({ elements }) => elements),
      event,
    );
    const wrong = met.find(isWritable);
    if (wrong !== undefined) return `it reads the bytes of ${wrong.name}, which it is to write`;
    return exercisedIf(met.length > 0);
  });
}

/**
 * A chain with a table is given back only after each of its descriptors was read, and an entry of its table; and it is
 * not refused. Own words: the device's view; then for each descriptor, 1 once its flags were read while it is out; then the
 * same for each table.
 */
function walksTables(queue: SplitQueue, matters: (chain: Chain) => boolean): Judge {
  const view = new DeviceView(queue);
  const read = view.words;
  const { tables } = queue.options;
  const tableRead = read + queue.size;
  return {
    keeps: WITH_CHAINS,
    hears: [...DeviceView.hears, ...CHAIN_PARTS],
    words: tableRead + (tables?.count ?? 0),
    minds: (event) =>
      event.kind === 'return' && queue.isDevice(event) && event.result === VIRTIO_BAD_INDIRECT,
    step(scene, event, fields) {
      const out = (): readonly Chain[] =>
        view.chains(scene).filter((chain) => chain.indirect !== null && matters(chain));
      if (event.kind === 'return') {
        const sound = out().find((chain) => isSound(chain));
        return sound === undefined
          ? null
          : `${event.operation} refuses the chain of head ${sound.head}, which is sound`;
      }
      if (event.kind !== 'access') return null;
      if (!event.writes && queue.isDevice(event)) {
        for (const { part, index } of fields) {
          if (part === 'desc') scene.set(read + index, 1);
          else if (part === 'table') scene.set(tableRead + Math.floor(index / (tables?.entries ?? 1)), 1);
        }
        return null;
      }
      const before = view.heads(scene);
      const { published, returned } = view.follow(scene, event, fields);
      for (const head of published) forget(scene, queue.chainOf(scene, head));
      const judgements = returned
        .filter((head) => before.includes(head))
        .map((head) => {
          const chain = queue.chainOf(scene, head);
          const unread = chain.descriptors.find(({ index }) => scene.get(read + index) === 0);
          const tableUnread = chain.table >= 0 && scene.get(tableRead + chain.table) === 0;
          forget(scene, chain);
          if (chain.indirect === null || !matters(chain)) return null;
          if (unread !== undefined) return `it gives back head ${head}, and has not read ${unread.name}`;
          if (tableUnread) return `it gives back head ${head}, and has not read its table`;
          return exercisedIf(true);
        });
      return together(judgements);
    },
  };

  function forget(scene: Scene, { descriptors, table }: Chain): void {
    for (const { index } of descriptors) scene.set(read + index, 0);
    if (table >= 0) scene.set(tableRead + table, 0);
  }
}

function hasWriteOnTable({ indirect }: Chain): boolean {
  return ((indirect?.flags ?? 0) & WRITE) !== 0;
}

/** Whoever heeds it refuses the chain, or writes where an entry of the table is to be read. Own words: as `walksTables`. */
function writeIgnored(queue: SplitQueue): Judge {
  const walks = walksTables(queue, hasWriteOnTable);
  const payload = withChains(queue, (chains, event) => {
    const marked = chains
      .filter(hasWriteOnTable)
      .find(({ entries }) => elementAt(entries, event) !== undefined);
    const entry = marked === undefined ? undefined : elementAt(marked.entries, event);
    return entry === undefined || event.access === 'read' || isWritable(entry)
      ? null
      : `it writes the bytes of ${entry.name}, and only the descriptor that names the table has WRITE`;
  });
  return {
    ...walks,
    minds: (event) => walks.minds?.(event) === true || payload.minds?.(event) === true,
    step: (scene, event, fields) =>
      event.kind === 'payload' ? payload.step(scene, event, fields) : walks.step(scene, event, fields),
  };
}

function isSound({ loops, stray, entries, indirect, table }: Chain): boolean {
  const whole = indirect !== null && indirect.len > 0 && indirect.len % 16 === 0 && table >= 0;
  return whole && !loops && stray === null && entries.every(({ flags }) => (flags & INDIRECT) === 0);
}

/** Own words: for each entry of the used ring, 1 once its length was stored since the index last moved past it. */
function lengthSet(queue: SplitQueue): Judge {
  return {
    keeps: ['used', 'entry', 'ring', 'avail'],
    hears: ['used', 'entry'],
    words: queue.size,
    step(scene, event, fields) {
      if (event.kind !== 'access' || !event.writes || !queue.isDevice(event)) return null;
      for (const { part, index, field } of fields)
        if (part === 'entry' && field === 'len') scene.set(index, 1);
      const entries = queue.usedEntries(scene, queue.returned(event, fields));
      const unset = entries.find(({ slot }) => scene.get(slot) === 0);
      if (unset !== undefined)
        return `used.idx moves past used.ring[${unset.slot}], whose len was not stored`;
      for (const { slot } of entries) scene.set(slot, 0);
      return exercisedIf(entries.length > 0);
    },
  };
}

/** Own words: the device's view; then for each descriptor and entry of a table the bytes that were written. */
function bytesWritten(queue: SplitQueue): Judge {
  const view = new DeviceView(queue);
  const written = view.words;
  return {
    keeps: WITH_CHAINS,
    hears: DeviceView.hears,
    words: written + queue.elementWords,
    minds: (event) => event.kind === 'payload' && event.access === 'write' && queue.isDevice(event),
    step(scene, event, fields) {
      if (event.kind === 'payload') {
        for (const element of view.chains(scene).flatMap(({ elements }) => elements)) {
          if (!isWritable(element)) continue;
          const word = written + queue.wordOf(element);
          scene.set(word, countBytes(scene.get(word), element, event));
        }
        return null;
      }
      const entries = queue.usedEntries(scene, queue.returned(event, fields));
      const before = view.heads(scene);
      const { published } = view.follow(scene, event, fields);
      for (const head of published) forget(scene, queue.chainOf(scene, head));
      return together(
        entries.flatMap(({ slot, heads }) =>
          heads.map((head, i) => {
            if (!before.includes(head)) return null;
            const { elements } = queue.chainOf(scene, head);
            const bytes = prefix(scene, elements.filter(isWritable));
            forget(scene, { elements });
            // Of a batch the length says something about the last chain only.
            if (i < heads.length - 1) return null;
            const len = scene.memory('entry', slot, 'len');
            if (len > bytes)
              return `used.ring[${slot}].len is ${len}, and ${bytes} bytes of the chain of head ${head} are written`;
            return exercisedIf(len > 0);
          }),
        ),
      );
    },
  };

  function prefix(scene: Scene, elements: readonly Element[]): number {
    let bytes = 0;
    for (const element of elements) {
      const word = scene.get(written + queue.wordOf(element));
      bytes += prefixBytes(word, element);
      if (!wholeBytes(word, element)) break;
    }
    return bytes;
  }

  function forget(scene: Scene, { elements }: Pick<Chain, 'elements'>): void {
    for (const element of elements) scene.set(written + queue.wordOf(element), 0);
  }
}

function inOrder(queue: SplitQueue): Judge {
  return {
    keeps: ['avail', 'ring', 'used', 'entry'],
    hears: ['used'],
    step(scene, event, fields) {
      const positions = queue.returned(event, fields);
      if (positions.length === 0) return null;
      const wrong = queue.usedEntries(scene, positions).find(({ heads }) => heads.length === 0);
      if (wrong !== undefined) {
        const due = positions.map((position) => queue.headAt(scene, position)).join(', ');
        return `used.ring[${wrong.slot}] names head ${wrong.id}; in order it has to be one of: ${due}`;
      }
      const out = queue.distance(scene.memory('used', 0, 'idx'), scene.memory('avail', 0, 'idx'));
      return exercisedIf(out > 1);
    },
  };
}

function usedWasOut(queue: SplitQueue): Judge {
  const view = new DeviceView(queue);
  return {
    keeps: [...DeviceView.keeps],
    hears: DeviceView.hears,
    words: view.words,
    step(scene, event, fields) {
      const before = new Set(view.heads(scene));
      for (const { slot, id, heads } of queue.usedEntries(scene, queue.returned(event, fields))) {
        for (const head of heads.length === 0 ? [id] : heads) {
          if (!before.delete(head)) return `used.ring[${slot}] names head ${head}, and no such chain is out`;
        }
      }
      const { returned } = view.follow(scene, event, fields);
      return exercisedIf(returned.length > 0);
    },
  };
}

function notAhead(queue: SplitQueue): Judge {
  return {
    keeps: ['avail', 'used'],
    hears: ['used'],
    step(scene, event, fields) {
      const index = fieldIn(fields, 'used', 'idx');
      if (index === null || event.kind !== 'access' || !event.writes || !queue.isDevice(event)) return null;
      const available = scene.memory('avail', 0, 'idx');
      const left = (available - index.value + queue.modulus) % queue.modulus;
      if (left > queue.size)
        return `used.idx goes from ${index.old} to ${index.value}; avail.idx is ${available}`;
      return exercisedIf(index.value !== index.old);
    },
  };
}

/** Own word: descriptors whose flags were read since an available entry was. */
function boundedWalk(queue: SplitQueue): Judge {
  return {
    hears: ['ring', 'desc'],
    words: 1,
    minds: (event) => event.kind === 'return' && event.depth === 0 && queue.isDevice(event),
    step(scene, event, fields) {
      if (event.kind === 'return') scene.set(0, 0);
      if (event.kind !== 'access' || event.writes || !queue.isDevice(event)) return null;
      if (fieldIn(fields, 'ring', 'head') !== null) scene.set(0, 0);
      if (fieldIn(fields, 'desc', 'flags') === null) return null;
      const steps = scene.get(0) + 1;
      if (steps > queue.size) return `it reads ${event.name}, its descriptor number ${steps} for one chain`;
      scene.set(0, steps);
      return exercisedIf(steps > 1);
    },
  };
}
