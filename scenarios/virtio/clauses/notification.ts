/**
 * Whether a side notifies its peer when it has to, and only then: judged by what that side itself has read of the peer's
 * wish. A wish that it has not seen does not bind it; that it looks in time is what the barriers and the lost wake-up are about.
 */
import type { MonitorEvent } from '../../../properties/index.ts';
import { EXERCISED } from '../../../properties/index.ts';
import type { Judge, Judgement, Scene, ValuedField } from './judge.ts';

/** What the peer wants. */
export type Wish = 'always' | 'never' | 'unclear' | { readonly event: number };

/** What an access of the side has to do with notifications. */
export type Sighting =
  /** So many entries were published or given back; `next`: the index behind them. */
  | { readonly kind: 'moved'; readonly count: number; readonly next: number }
  /** The peer's wish was read: always, never, when an index is reached; or what the specification gives no meaning. */
  | { readonly kind: 'asked'; readonly wish: Wish }
  | null;

export interface NotifyingSide {
  readonly keeps?: readonly string[];
  readonly hears: readonly string[];
  /** Own words of the side, from word `SIDE_WORDS` on. */
  readonly words?: number;
  begin?(scene: Scene, start: number): void;
  /** The event is the side's own. */
  isOwn(event: MonitorEvent): boolean;
  notifies(event: MonitorEvent): boolean;
  /** Index modulus of `next` and `event`. */
  readonly modulus: number;
  /** Wishes can be for an index: else it is enough to know that there is something new. */
  readonly byIndex: boolean;
  /** Entries are counted up to here, if by index. */
  readonly most: number;
  sight(scene: Scene, event: MonitorEvent, fields: readonly ValuedField[]): Sighting;
}

/** Entries since the last question. The index behind them. What the last answer asks of whom: see `decided`. */
const ADDED = 0;
const NEXT_INDEX = 1;
const DECISION = 2;
export const SIDE_WORDS = 3;

/** `required`: it notifies when it has to. `unwanted`: it does not, when the peer does not want it. */
export function notificationJudge(side: NotifyingSide, claim: 'required' | 'unwanted'): Judge {
  return {
    hears: side.hears,
    ...(side.keeps === undefined ? {} : { keeps: side.keeps }),
    words: SIDE_WORDS + (side.words ?? 0),
    ...(side.begin === undefined ? {} : { begin: (scene, start) => side.begin?.(scene, start) }),
    minds: (event) =>
      side.notifies(event) || (event.kind === 'return' && event.depth === 0 && side.isOwn(event)),
    step(scene, event, fields) {
      const decision = scene.get(DECISION);
      const own = decision !== NONE && decision >> 1 === event.agent + 1;
      const mustNotify = own && (decision & 1) === 1;
      if (side.notifies(event)) {
        if (!own) return null;
        scene.set(DECISION, NONE);
        return claim === 'unwanted' && !mustNotify
          ? 'it notifies, though what it read says that nobody wants it'
          : null;
      }
      // The peer's accesses matter to how far things have moved only.
      const sighting = side.sight(scene, event, fields);
      if (!side.isOwn(event)) return null;
      let judgement: Judgement = null;
      if (own && (event.kind === 'return' || event.kind === 'access')) {
        scene.set(DECISION, NONE);
        if (mustNotify && claim === 'required')
          judgement = 'what it read says that it has to notify, and it goes on without';
      }
      if (sighting === null || typeof judgement === 'string') return judgement;
      if (sighting.kind === 'moved') {
        const most = side.byIndex ? side.most : 1;
        scene.set(ADDED, Math.min(most, scene.get(ADDED) + sighting.count));
        if (side.byIndex) scene.set(NEXT_INDEX, sighting.next);
        return null;
      }
      return ask(scene, event.agent, sighting.wish);
    },
  };

  function ask(scene: Scene, agent: number, wish: Wish): Judgement {
    const added = scene.get(ADDED);
    if (added === 0) return null;
    const next = scene.get(NEXT_INDEX);
    scene.set(ADDED, 0);
    scene.set(NEXT_INDEX, 0);
    if (wish === 'unclear') return null;
    const { modulus } = side;
    // The entry that the peer waits for is one of those added: its window of 2.7.10 and 2.8.10.
    const reached = (event: number): boolean => (next - event - 1 + 2 * modulus) % modulus < added;
    const required = wish === 'always' || (wish !== 'never' && (added >= modulus || reached(wish.event)));
    scene.set(DECISION, ((agent + 1) << 1) | (required ? 1 : 0));
    return required === (claim === 'required') ? EXERCISED : null;
  }
}

const NONE = 0;

type FieldName = readonly [part: string, field: string];

/**
 * A side does not look at the suppression field that is not in force. A load that it is only a part of says nothing: the flags
 * stand in one word with the index.
 */
export function ignoresField(
  isOwn: (event: MonitorEvent) => boolean,
  [inForce, ignored]: readonly [inForce: FieldName, ignored: FieldName],
): Judge {
  const isField = (fields: readonly ValuedField[], [part, field]: FieldName): boolean =>
    fields.some((one) => one.part === part && one.field === field);
  return {
    hears: [inForce[0], ignored[0]],
    step(_scene, event, fields) {
      if (event.kind !== 'access' || event.writes || !isOwn(event)) return null;
      if (isField(fields, inForce)) return EXERCISED;
      return fields.length === 1 && isField(fields, ignored)
        ? `it reads ${event.name}, which is not in force`
        : null;
    },
  };
}
