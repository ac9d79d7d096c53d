/** What a device does with a packed virtqueue. */
import type { MonitorEvent, PayloadAccessEvent, Property } from '../../../properties/index.ts';
import { clause } from './clause.ts';
import { clauseProperty, exercisedIf, type Judge, type Judgement, type Scene, together } from './judge.ts';
import { notificationJudge } from './notification.ts';
import { eventFlags, packedSide } from './packedNotification.ts';
import {
  fieldAt,
  type OutSlot,
  type PackedElement,
  type PackedQueue,
  PackedView,
  USED,
  WRITE,
} from './packedQueue.ts';
import { elementAt, elementsIn } from './splitQueue.ts';
import { anyBytes, countBytes, prefixBytes, wholeBytes } from './writtenBytes.ts';

export function packedDeviceClauses(queue: PackedQueue): readonly Property[] {
  return [
    clauseProperty(
      'pv1-starts-in-order',
      clause('PV1', 'MUST', '2.8.12', 'the device starts on descriptors in the order of the ring'),
      queue,
      () => startsInOrder(queue),
    ),
    clauseProperty(
      'pv1-used-at-cursor',
      clause(
        'PV1',
        'MUST',
        '2.8.12',
        'the device writes used descriptors where the one before ends; that it may exchange them is not allowed for',
      ),
      queue,
      () => usedAtCursor(queue),
    ),
    clauseProperty(
      'pv2-writes-writable-only',
      clause('PV2', 'MUST', '2.8.15', 'the device does not write what it is to read'),
      queue,
      () =>
        onPayload(queue, ({ access }, met) => {
          if (access === 'read') return null;
          const wrong = met.find(({ flags }) => (flags & WRITE) === 0);
          if (wrong !== undefined) return `it writes the bytes of ${wrong.name}, which it is to read`;
          return exercisedIf(met.length > 0);
        }),
    ),
    clauseProperty(
      'pv2-reads-readable-only',
      clause('PV2', 'SHOULD', '2.8.15', 'the device does not read what it is to write'),
      queue,
      () =>
        onPayload(queue, ({ access }, met) => {
          if (access === 'write') return null;
          const wrong = met.find(({ flags }) => (flags & WRITE) !== 0);
          if (wrong !== undefined) return `it reads the bytes of ${wrong.name}, which it is to write`;
          return exercisedIf(met.length > 0);
        }),
    ),
    clauseProperty(
      'pv2-only-available',
      clause('PV2', 'MUST', '2.8.15', 'the device uses a descriptor only after its AVAIL bit was changed'),
      queue,
      () => onlyAvailable(queue),
    ),
    clauseProperty(
      'pv2-unchanged-once-used',
      clause(
        'PV2',
        'MUST',
        '2.8.15',
        'the device does not change a descriptor after it has changed its USED bit',
      ),
      queue,
      () => unchangedOnceUsed(queue),
    ),
    clauseProperty(
      'pv3-list-order',
      clause('PV3', 'MUST', '2.8.18', 'the device uses the elements of a list in their order'),
      queue,
      () => listOrder(queue),
    ),
    clauseProperty(
      'pv4-write-flag',
      clause(
        'PV4',
        'described',
        '2.8.3',
        'a used descriptor has WRITE if the device has written to its list, and only then',
      ),
      queue,
      () => written(queue, 'flag'),
    ),
    clauseProperty(
      'pv4-used-length',
      clause(
        'PV4',
        'described',
        '2.8.4',
        'len of a used descriptor with WRITE is no more than what was written from the first writable byte on',
      ),
      queue,
      () => written(queue, 'length'),
    ),
    clauseProperty(
      'pv5-first-buffer-last',
      clause(
        'PV5',
        'described',
        '2.8.9',
        'of a request of several buffers, the descriptor of the first one is marked as used last',
      ),
      queue,
      () => firstLast(queue),
    ),
    clauseProperty(
      'pv6-in-order',
      clause(
        'PV6',
        'MUST',
        '6.2',
        'with IN_ORDER, lists are given back in the order in which they were made available',
      ),
      queue,
      queue.inOrder ? () => inOrder(queue) : null,
    ),
    clauseProperty(
      'packed-interrupt-when-required',
      clause('PV7', 'described', '2.8.10', 'the device notifies when the driver event structure wants it'),
      queue,
      () => notificationJudge(packedSide(queue, 'device'), 'required'),
    ),
    clauseProperty(
      'packed-no-unwanted-interrupt',
      clause(
        'PV7',
        'described',
        '2.8.10',
        'the device does not notify when the driver event structure does not want it',
      ),
      queue,
      () => notificationJudge(packedSide(queue, 'device'), 'unwanted'),
    ),
    clauseProperty(
      'packed-device-event-flags',
      clause(
        'PV8',
        'described',
        '2.8.10, 2.8.14',
        'the device writes event flags that mean something, and no reserved bit',
      ),
      queue,
      () => eventFlags(queue, 'device'),
    ),
    clauseProperty(
      'derived-used-was-out',
      clause('DV1', 'derived', '2.8.6', 'each used descriptor has the id of a list that is out'),
      queue,
      () => usedWasOut(queue),
    ),
  ];
}

const KEPT = [...PackedView.keeps, 'table'];

function isDeviceStore(queue: PackedQueue, event: MonitorEvent): boolean {
  return event.kind === 'access' && event.writes && queue.isDevice(event);
}

/** Own word after the view's: how many slots, of those that are out, the device has started on. */
function startsInOrder(queue: PackedQueue): Judge {
  const view = new PackedView(queue, { until: 'device' });
  const started = view.words;
  return {
    keeps: PackedView.keeps,
    hears: PackedView.hears,
    words: started + 1,
    begin: (scene, start) => view.begin(scene, start),
    step(scene, event, fields) {
      const { returns } = view.follow(scene, event, fields);
      for (const { slots } of returns) scene.set(started, Math.max(0, scene.get(started) - slots.length));
      if (event.kind !== 'access' || event.writes || !queue.isDevice(event)) return null;
      const addr = fields.find(({ field }) => field === 'addr');
      if (addr === undefined) return null;
      const out = view.out(scene);
      const begun = scene.get(started);
      const next = (view.nextUsed(scene) + begun) % queue.size;
      const ahead = (addr.index - next + queue.size) % queue.size;
      if (ahead === 0 && begun < out) {
        scene.set(started, begun + 1);
        return exercisedIf(true);
      }
      return ahead < out - begun
        ? `it reads desc[${addr.index}], and has not started on desc[${next}]`
        : null;
    },
  };
}

/** Own word after the view's: 1 while a request of several buffers is given back, whose first one comes last. */
function usedAtCursor(queue: PackedQueue): Judge {
  const view = new PackedView(queue, { until: 'device' });
  const request = view.words;
  return {
    keeps: PackedView.keeps,
    hears: PackedView.hears,
    words: request + 1,
    begin: (scene, start) => view.begin(scene, start),
    minds: (event) => requestOf(queue, event) !== null,
    step(scene, event, fields) {
      if (event.kind !== 'access') {
        scene.set(request, event.kind === 'call' ? 1 : 0);
        return null;
      }
      const place = view.nextUsed(scene);
      const out = view.out(scene);
      view.follow(scene, event, fields);
      if (!isDeviceStore(queue, event)) return null;
      const flags = fields.find(({ field, value, old }) => field === 'flags' && ((value ^ old) & USED) !== 0);
      if (flags === undefined) return null;
      const due = `desc[${place % queue.size}], with wrap counter ${queue.wrapAt(place)}`;
      if (out === 0) return `it marks desc[${flags.index}] as used, and nothing is out`;
      const ahead = (flags.index - (place % queue.size) + queue.size) % queue.size;
      const allowed = ahead === 0 || (scene.get(request) === 1 && ahead < out);
      if (!allowed || !queue.isUsed(flags.value, place + ahead))
        return `it stores flags 0x${flags.value.toString(16)} to desc[${flags.index}]; the next used descriptor is ${due}`;
      return exercisedIf(true);
    },
  };
}

/** How many buffers the request has that the device gives back, or has given back; null: the event is something else. */
function requestOf(queue: PackedQueue, event: MonitorEvent): number | null {
  if ((event.kind !== 'call' && event.kind !== 'return') || event.operation !== 'giveBackRequest')
    return null;
  const { heads } = event.args;
  return queue.isDevice(event) && Array.isArray(heads) ? heads.length : null;
}

/**
 * Which buffers make one request is what the device says: it gives them back by one operation. Own words after the view's: how
 * many of its descriptors have not been marked as used yet, while there are any.
 */
function firstLast(queue: PackedQueue): Judge {
  const view = new PackedView(queue, { until: 'device' });
  const due = view.words;
  return {
    keeps: PackedView.keeps,
    hears: PackedView.hears,
    words: due + 1,
    begin: (scene, start) => view.begin(scene, start),
    minds: (event) => requestOf(queue, event) !== null,
    step(scene, event, fields) {
      if (event.kind !== 'access') {
        scene.set(due, event.kind === 'call' ? (requestOf(queue, event) ?? 0) : 0);
        return null;
      }
      const first = view.nextUsed(scene) % queue.size;
      view.follow(scene, event, fields);
      if (!isDeviceStore(queue, event) || scene.get(due) === 0) return null;
      const flags = fields.find(({ field, value, old }) => field === 'flags' && ((value ^ old) & USED) !== 0);
      if (flags === undefined) return null;
      const left = scene.get(due) - 1;
      scene.set(due, left);
      if (flags.index !== first) return null;
      return left > 0
        ? `it marks desc[${first}], of the first buffer of a request, as used, and ${left} of its others are not yet`
        : exercisedIf(true);
    },
  };
}

/** What a payload access of the device touches. Of lists that overlap, the one that was made available first counts. */
function onPayload(
  queue: PackedQueue,
  judge: (event: PayloadAccessEvent, met: readonly PackedElement[]) => Judgement,
): Judge {
  const view = new PackedView(queue, { until: 'device', content: true });
  return {
    keeps: KEPT,
    hears: PackedView.hears,
    words: view.words,
    begin: (scene, start) => view.begin(scene, start),
    minds: (event) => event.kind === 'payload' && queue.isDevice(event),
    step(scene, event, fields) {
      if (event.kind !== 'payload') {
        view.follow(scene, event, fields);
        return null;
      }
      const data = view.slots(scene).flatMap((slot) => queue.dataOf(scene, slot));
      return judge(event, elementsIn(data, event));
    },
  };
}

function onlyAvailable(queue: PackedQueue): Judge {
  const view = new PackedView(queue, { until: 'device' });
  return {
    keeps: PackedView.keeps,
    hears: PackedView.hears,
    words: view.words,
    begin: (scene, start) => view.begin(scene, start),
    step(scene, event, fields) {
      view.follow(scene, event, fields);
      if (event.kind !== 'access' || event.writes || !queue.isDevice(event)) return null;
      const read = fields.find(({ field }) => field === 'addr' || field === 'len');
      if (read === undefined) return null;
      const ahead = (read.index - (view.nextUsed(scene) % queue.size) + queue.size) % queue.size;
      return ahead < view.out(scene) ? exercisedIf(true) : `it reads ${event.name}, which is not available`;
    },
  };
}

/** Own words: for each slot, 1 once the device has changed its USED bit, until the driver changes its flags. */
function unchangedOnceUsed(queue: PackedQueue): Judge {
  return {
    keeps: ['desc'],
    hears: ['desc'],
    words: queue.size,
    step(scene, event, fields) {
      if (event.kind !== 'access' || !event.writes) return null;
      if (queue.isDriver(event)) {
        for (const { index, field } of fields) if (field === 'flags') scene.set(index, 0);
        return null;
      }
      if (!queue.isDevice(event)) return null;
      const changed = fields.find(({ index, value, old }) => value !== old && scene.get(index) === 1);
      if (changed !== undefined)
        return `desc[${changed.index}].${changed.field} goes from ${changed.old} to ${changed.value} after its USED bit was changed`;
      for (const { index, field, value, old } of fields)
        if (field === 'flags' && ((value ^ old) & USED) !== 0) scene.set(index, 1);
      return exercisedIf(fields.length > 0);
    },
  };
}

/** Extra word of a slot: 1 once its bytes were accessed; with a table, how many of its entries. */
function listOrder(queue: PackedQueue): Judge {
  const view = new PackedView(queue, { until: 'device', content: true, extra: 1 });
  return {
    keeps: KEPT,
    hears: PackedView.hears,
    words: view.words,
    begin: (scene, start) => view.begin(scene, start),
    minds: (event) => event.kind === 'payload' && queue.isDevice(event),
    step(scene, event, fields) {
      if (event.kind !== 'payload') {
        view.follow(scene, event, fields);
        return null;
      }
      const slots = view.slots(scene);
      const slot = slots.find((one) => elementAt(queue.dataOf(scene, one), event) !== undefined);
      if (slot === undefined) return null;
      const data = queue.dataOf(scene, slot);
      const at = data.findIndex((one) => elementAt([one], event) !== undefined) + 1;
      const reached = view.extra(scene, slot.number);
      const later = slots.find(
        ({ id, number }) => id === slot.id && number > slot.number && view.extra(scene, number) > 0,
      );
      if (reached === 0 && later !== undefined)
        return `it uses element ${slot.number} of list ${slot.id} after element ${later.number}`;
      view.setExtra(scene, slot.number, Math.max(reached, at));
      const several = slots.filter(({ id }) => id === slot.id).length > 1 || data.length > 1;
      return exercisedIf(several && reached === 0);
    },
  };
}

/** Extra words: what was written of a slot's bytes; or of the first entries of its table, one word each. */
function written(queue: PackedQueue, claim: 'flag' | 'length'): Judge {
  const entries = Math.max(1, queue.options.tables?.entries ?? 0);
  const view = new PackedView(queue, { until: 'device', content: true, extra: entries });
  return {
    keeps: KEPT,
    hears: PackedView.hears,
    words: view.words,
    begin: (scene, start) => view.begin(scene, start),
    minds: (event) => event.kind === 'payload' && event.access === 'write' && queue.isDevice(event),
    step(scene, event, fields) {
      if (event.kind === 'payload') {
        for (const slot of view.slots(scene)) {
          for (const [i, element] of queue.dataOf(scene, slot).entries()) {
            if ((element.flags & WRITE) === 0) continue;
            view.setExtra(
              scene,
              slot.number,
              countBytes(view.extra(scene, slot.number, i), element, event),
              i,
            );
          }
        }
        return null;
      }
      const before = view.slots(scene);
      // Read before the view forgets them.
      const words = before.map(({ number }) =>
        Array.from({ length: entries }, (_, i) => view.extra(scene, number, i)),
      );
      const { returns } = view.follow(scene, event, fields);
      return together(
        returns.map(({ id: last, index, slots }) => {
          // Of a batch the flags and the length say something about the last list only.
          const own = slots.filter(({ id }) => id === last);
          const flags = fieldAt(fields, index, 'flags')?.value ?? scene.memory('desc', index, 'flags');
          const len = fieldAt(fields, index, 'len')?.value ?? scene.memory('desc', index, 'len');
          return own.length === 0 ? null : judge(scene, own, words, flags, len);
        }),
      );
    },
  };

  function judge(
    scene: Scene,
    own: readonly OutSlot[],
    words: readonly (readonly number[])[],
    flags: number,
    len: number,
  ): Judgement {
    const data = own.flatMap((slot) =>
      queue.dataOf(scene, slot).map((element, i) => ({ element, word: words[slot.number]?.[i] ?? 0 })),
    );
    const writable = data.filter(({ element }) => (element.flags & WRITE) !== 0);
    const says = (flags & WRITE) !== 0;
    const id = own[0]?.id;
    if (claim === 'flag') {
      const any = writable.some(({ word }) => anyBytes(word));
      if (any === says) return exercisedIf(writable.length > 0);
      return says
        ? `the used descriptor of list ${id} has WRITE, and nothing was written`
        : `the used descriptor of list ${id} has no WRITE, and bytes were written`;
    }
    let bytes = 0;
    for (const { element, word } of writable) {
      bytes += prefixBytes(word, element);
      if (!wholeBytes(word, element)) break;
    }
    if (!says) return null;
    return len > bytes
      ? `the used descriptor of list ${id} has len ${len}, and ${bytes} bytes are written`
      : exercisedIf(len > 0);
  }
}

/**
 * A used descriptor may stand for a batch, so any id that is out is in order; but the next one has to stand where the batch
 * ends. A device that gives lists back in another order writes it elsewhere.
 */
function inOrder(queue: PackedQueue): Judge {
  const view = new PackedView(queue, { until: 'device' });
  return {
    keeps: PackedView.keeps,
    hears: PackedView.hears,
    words: view.words,
    begin: (scene, start) => view.begin(scene, start),
    step(scene, event, fields) {
      const place = view.nextUsed(scene);
      const before = view.slots(scene);
      const [returned] = view.follow(scene, event, fields).returns;
      if (!isDeviceStore(queue, event)) return null;
      const flags = fields.find(({ field, value, old }) => field === 'flags' && ((value ^ old) & USED) !== 0);
      if (flags === undefined) return null;
      if (flags.index !== place % queue.size)
        return `it marks desc[${flags.index}] as used; in order the next one is desc[${place % queue.size}]`;
      if (returned?.slots.length === 0)
        return `it gives back id ${returned.id}, which is not out any more in this order`;
      return exercisedIf(new Set(before.map(({ id }) => id)).size > 1);
    },
  };
}

function usedWasOut(queue: PackedQueue): Judge {
  const view = new PackedView(queue, { until: 'device' });
  return {
    keeps: PackedView.keeps,
    hears: PackedView.hears,
    words: view.words,
    begin: (scene, start) => view.begin(scene, start),
    step(scene, event, fields) {
      const { returns } = view.follow(scene, event, fields);
      const wrong = returns.find(({ slots }) => slots.length === 0);
      if (wrong !== undefined)
        return `desc[${wrong.index}] is marked as used with id ${wrong.id}, and no such list is out`;
      return exercisedIf(returns.length > 0);
    },
  };
}
