/** What a driver does with a packed virtqueue. */
import type { Property } from '../../../properties/index.ts';
import { type BarrierParts, kickBarrier, publishBarrier } from './barrierClauses.ts';
import { clause } from './clause.ts';
import { clauseProperty, exercisedIf, type Judge, type Judgement, type Scene, together } from './judge.ts';
import { notificationJudge } from './notification.ts';
import { eventFlags, packedSide } from './packedNotification.ts';
import { INDIRECT, NEXT, type PackedList, type PackedQueue, PackedView, WRITE } from './packedQueue.ts';

export function packedDriverClauses(queue: PackedQueue): readonly Property[] {
  const { features } = queue.options;
  const barrier = { barrier: true } as const;
  return [
    clauseProperty(
      'pd1-alignment',
      clause(
        'PD1',
        'MUST',
        '2.8.11',
        'the ring begins at a multiple of 16, the event structures at multiples of 4',
      ),
      queue,
      () => alignment(queue),
    ),
    clauseProperty(
      'pd2-seen-used-before-written',
      clause(
        'PD2',
        'MUST',
        '2.8.16',
        'a descriptor that was made available is written only after the driver saw that it was used',
      ),
      queue,
      () => seenUsed(queue),
    ),
    clauseProperty(
      'pd2-unchanged-once-available',
      clause(
        'PD2',
        'MUST',
        '2.8.16',
        'a descriptor of a list is not changed after its AVAIL bit was, though the list is not out yet',
      ),
      queue,
      () => tailUnchanged(queue),
    ),
    clauseProperty(
      'pd3-notification-data',
      clause(
        'PD3',
        'MUST',
        '2.8.16, 2.9',
        'next_off and next_wrap of a notification name the next slot to be made available',
      ),
      queue,
      features.notificationData === true ? () => notificationData(queue) : null,
    ),
    clauseProperty(
      'pd4-list-length',
      clause('PD4', 'MUST', '2.8.17', 'a list takes no more slots than the ring has'),
      queue,
      () =>
        eachPublished(queue, ({ endless, slots }) =>
          endless
            ? `the list at ${slots[0]?.name} has no end`
            : exercisedIf(slots.length === queue.size && queue.size > 1),
        ),
    ),
    clauseProperty(
      'pd4-readable-before-writable',
      clause('PD4', 'MUST', '2.8.17', 'in a list, what the device reads comes before what it writes'),
      queue,
      () => eachPublished(queue, (list, scene) => readableFirst(queue, list, scene)),
    ),
    clauseProperty(
      'pd4-head-last',
      clause('PD4', 'MUST', '2.8.17', 'the head of a list is made available after all of the rest'),
      queue,
      () =>
        eachPublished(queue, ({ slots }) => {
          const late = slots.slice(1).find(({ available }) => !available);
          return late === undefined
            ? exercisedIf(slots.length > 1)
            : `${slots[0]?.name} is made available, and ${late.name} of its list is not yet`;
        }),
    ),
    clauseProperty(
      'pd4-space-first',
      clause('PD4', 'MUST', '2.8.17', 'there is room for the whole list when its head is made available'),
      queue,
      () => spaceFirst(queue),
    ),
    clauseProperty(
      'pd5-indirect-negotiated',
      clause('PD5', 'MUST', '2.8.19', 'INDIRECT is set only if it was negotiated'),
      queue,
      () =>
        eachPublished(queue, ({ slots }) => {
          const table = slots.find(({ flags }) => (flags & INDIRECT) !== 0);
          if (table === undefined) return null;
          return features.indirectDesc === true
            ? exercisedIf(true)
            : `${table.name} has INDIRECT, which was not negotiated`;
        }),
    ),
    clauseProperty(
      'pd5-table-flags',
      clause('PD5', 'MUST', '2.8.19', 'entries of a table have no flag but WRITE'),
      queue,
      () =>
        eachPublished(queue, ({ slots }, scene) => {
          const tables = slots.filter(({ flags }) => (flags & INDIRECT) !== 0);
          const entries = tables.flatMap((slot) => queue.entriesOf(scene, slot));
          const wrong = entries.find(({ flags }) => (flags & ~WRITE) !== 0);
          return wrong === undefined
            ? exercisedIf(entries.length > 0)
            : `${wrong.name} has flags ${wrong.flags}`;
        }),
    ),
    clauseProperty(
      'pd5-no-indirect-in-list',
      clause('PD5', 'MUST', '2.8.19', 'no list linked by NEXT contains a descriptor with INDIRECT'),
      queue,
      () =>
        eachPublished(queue, ({ slots }) => {
          const table = slots.find(({ flags }) => (flags & INDIRECT) !== 0);
          if (table === undefined) return null;
          return slots.length === 1 && (table.flags & NEXT) === 0
            ? exercisedIf(true)
            : `${table.name} has INDIRECT in a list of ${slots.length}`;
        }),
    ),
    {
      ...clauseProperty(
        'pd6-barrier-before-flags',
        clause(
          'PD6',
          'MUST',
          '2.8.21.1.1',
          'a barrier stands between what is made available and the store to the flags of its head',
        ),
        queue,
        () => publishBarrier(barrierParts(queue)),
      ),
      ...barrier,
    },
    {
      ...clauseProperty(
        'pd7-barrier-before-kick-test',
        clause(
          'PD7',
          'MUST',
          '2.8.21.3.1',
          'a full barrier stands between the store to the flags of a head and the look at the device event structure',
        ),
        queue,
        () => kickBarrier(barrierParts(queue)),
      ),
      ...barrier,
    },
    clauseProperty(
      'packed-kick-when-required',
      clause('PD8', 'described', '2.8.10', 'the driver notifies when the device event structure wants it'),
      queue,
      () => notificationJudge(packedSide(queue, 'driver'), 'required'),
    ),
    clauseProperty(
      'packed-no-unwanted-kick',
      clause(
        'PD8',
        'described',
        '2.8.10',
        'the driver does not notify when the device event structure does not want it',
      ),
      queue,
      () => notificationJudge(packedSide(queue, 'driver'), 'unwanted'),
    ),
    clauseProperty(
      'packed-driver-event-flags',
      clause(
        'PD9',
        'described',
        '2.8.10, 2.8.14',
        'the driver writes event flags that mean something, and no reserved bit',
      ),
      queue,
      () => eventFlags(queue, 'driver'),
    ),
    clauseProperty(
      'derived-ids-distinct',
      clause('DD3', 'derived', '2.8.6', 'lists that are out have different ids'),
      queue,
      () => distinctIds(queue),
    ),
  ];
}

/** Judges each list when its head is made available. */
function eachPublished(queue: PackedQueue, judge: (list: PackedList, scene: Scene) => Judgement): Judge {
  const view = new PackedView(queue, { until: 'device' });
  return {
    keeps: [...PackedView.keeps, 'table'],
    hears: PackedView.hears,
    words: view.words,
    begin: (scene, start) => view.begin(scene, start),
    step(scene, event, fields) {
      const { published } = view.follow(scene, event, fields);
      return published === null ? null : judge(published, scene);
    },
  };
}

function alignment({ options: { geometry, registers } }: PackedQueue): Judge {
  const parts = [
    { part: 'desc', register: 'desc', at: geometry.ring, to: 16, name: 'the descriptor ring' },
    {
      part: 'driverEvent',
      register: 'driver',
      at: geometry.driverEvent,
      to: 4,
      name: 'the driver event structure',
    },
    {
      part: 'deviceEvent',
      register: 'device',
      at: geometry.deviceEvent,
      to: 4,
      name: 'the device event structure',
    },
  ];
  const judge = (name: string, at: number, to: number): Judgement =>
    at % to === 0 ? exercisedIf(true) : `${name} begins at ${at}, which is no multiple of ${to}`;
  return {
    hears: ['desc', 'driverEvent', 'deviceEvent', 'register'],
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

function seenUsed(queue: PackedQueue): Judge {
  const view = new PackedView(queue, { until: 'driver' });
  return {
    keeps: PackedView.keeps,
    hears: PackedView.hears,
    words: view.words,
    begin: (scene, start) => view.begin(scene, start),
    step(scene, event, fields) {
      const out = view.out(scene);
      const first = view.nextUsed(scene);
      let judgement: Judgement = null;
      if (event.kind === 'access' && event.writes && queue.isDriver(event) && fields.length > 0) {
        const changed = fields.find(
          ({ index, value, old }) =>
            value !== old && (index - (first % queue.size) + queue.size) % queue.size < out,
        );
        judgement =
          changed === undefined
            ? exercisedIf(out > 0)
            : `desc[${changed.index}].${changed.field} goes from ${changed.old} to ${changed.value}, and the driver has not seen it used`;
      }
      view.follow(scene, event, fields);
      return judgement;
    },
  };
}

/** Own words after the view's: for each slot, 1 once its AVAIL bit was changed, until its list is made available. */
function tailUnchanged(queue: PackedQueue): Judge {
  const view = new PackedView(queue, { until: 'driver' });
  const base = view.words;
  return {
    keeps: PackedView.keeps,
    hears: PackedView.hears,
    words: base + queue.size,
    begin: (scene, start) => view.begin(scene, start),
    step(scene, event, fields) {
      if (event.kind !== 'access' || !event.writes || !queue.isDriver(event)) {
        view.follow(scene, event, fields);
        return null;
      }
      const changed = fields.find(({ index, value, old }) => value !== old && scene.get(base + index) === 1);
      if (changed !== undefined)
        return `desc[${changed.index}].${changed.field} goes from ${changed.old} to ${changed.value} after its AVAIL bit was changed`;
      const begun = Array.from({ length: queue.size }, (_, i) => scene.get(base + i)).includes(1);
      const { published } = view.follow(scene, event, fields);
      for (const { index } of published?.slots ?? []) scene.set(base + index, 0);
      if (published === null) {
        const place = view.nextAvail(scene);
        for (const { index, field, value } of fields) {
          const ahead = (index - (place % queue.size) + queue.size) % queue.size;
          if (field === 'flags' && ahead > 0 && queue.isAvailable(value, place + ahead))
            scene.set(base + index, 1);
        }
      }
      return exercisedIf(begun);
    },
  };
}

function notificationData(queue: PackedQueue): Judge {
  const view = new PackedView(queue, { until: 'device' });
  return {
    keeps: PackedView.keeps,
    hears: PackedView.hears,
    words: view.words,
    begin: (scene, start) => view.begin(scene, start),
    minds: (event) => event.kind === 'call' && event.operation === 'notify' && queue.isDriver(event),
    step(scene, event, fields) {
      if (event.kind !== 'call') {
        view.follow(scene, event, fields);
        return null;
      }
      const { next_off: off, next_wrap: wrap } = event.args;
      const place = view.nextAvail(scene);
      const [wantedOff, wantedWrap] = [place % queue.size, queue.wrapAt(place)];
      if (off === undefined || wrap === undefined) return 'it notifies without next_off and next_wrap';
      if (off !== wantedOff || wrap !== wantedWrap)
        return `it notifies with next_off ${String(off)}, next_wrap ${String(wrap)}; the next slot is ${wantedOff}, ${wantedWrap}`;
      return exercisedIf(true);
    },
  };
}

function readableFirst(queue: PackedQueue, { slots }: PackedList, scene: Scene): Judgement {
  const elements = slots.flatMap((slot) => queue.dataOf(scene, slot));
  const first = elements.findIndex(({ flags }) => (flags & WRITE) !== 0);
  const late = first < 0 ? undefined : elements.slice(first).find(({ flags }) => (flags & WRITE) === 0);
  if (late !== undefined)
    return `${late.name}, which the device reads, is behind ${elements[first]?.name}, which it writes`;
  return exercisedIf(first > 0);
}

function spaceFirst(queue: PackedQueue): Judge {
  const view = new PackedView(queue, { until: 'driver' });
  return {
    keeps: PackedView.keeps,
    hears: PackedView.hears,
    words: view.words,
    begin: (scene, start) => view.begin(scene, start),
    step(scene, event, fields) {
      const free = queue.size - view.out(scene);
      const { published } = view.follow(scene, event, fields);
      if (published === null) return null;
      const { slots } = published;
      if (slots.length > free)
        return `the list at ${slots[0]?.name} takes ${slots.length} slots, and ${free} are free`;
      return exercisedIf(slots.length > 1 || free < queue.size);
    },
  };
}

function distinctIds(queue: PackedQueue): Judge {
  const view = new PackedView(queue, { until: 'device' });
  return {
    keeps: PackedView.keeps,
    hears: PackedView.hears,
    words: view.words,
    begin: (scene, start) => view.begin(scene, start),
    step(scene, event, fields) {
      const before = view.slots(scene);
      const { published } = view.follow(scene, event, fields);
      if (published === null) return null;
      if (before.some(({ id }) => id === published.id))
        return `a list with id ${published.id} is out already`;
      return exercisedIf(before.length > 0);
    },
  };
}

function barrierParts(queue: PackedQueue): BarrierParts {
  const view = new PackedView(queue, { until: 'device' });
  // The view's words come first, then the barrier's own.
  const words = view.words;
  const shifted = (scene: Scene): Scene => ({
    ...scene,
    get: (word) => scene.get(1 + word),
    set: (word, value) => scene.set(1 + word, value),
  });
  return {
    keeps: PackedView.keeps,
    hears: ['desc', 'table', 'deviceEvent'],
    words,
    begin: (scene, start) => view.begin(shifted(scene), start),
    isDriver: (event) => queue.isDriver(event),
    hearsPeer: true,
    kindOf(scene, event, fields) {
      const { published } = view.follow(shifted(scene), event, fields);
      if (published !== null) return 'publishes';
      if (!queue.isDriver(event)) return null;
      if (event.writes)
        return fields.some(({ part }) => part === 'desc' || part === 'table') ? 'prepares' : null;
      return fields.some(({ part }) => part === 'deviceEvent') ? 'asks' : null;
    },
  };
}
