/**
 * The port under the checker: the accesses of one agent. Each is a step, or, to a cell that only this agent reaches,
 * served at once and none.
 */
import {
  AccessError,
  bytesOf,
  type FenceOrdering,
  type Location,
  type MemoryPort,
  type OperationArguments,
  type Ordering,
  offsetOf,
  type PlainData,
  type Repeat,
  type RmwOperation,
  spaceOf,
} from '../memory/index.ts';
import {
  ACTION,
  type Access,
  ASLEEP,
  applyRmw,
  CAS,
  CHOOSE,
  CLEAR,
  DISABLE,
  ENABLE,
  ENTER,
  FENCE,
  GIVE,
  IMPLIED,
  LOAD,
  MASK,
  NO_ACCESS,
  READ,
  RING,
  RMW,
  SPIN,
  STORE,
  TAKE,
  UNMASK,
  WAIT,
  WRITE,
} from './access.ts';
import { type Cell, SEVERAL, SHARED } from './cells.ts';
import { givenBy } from './chains.ts';
import { checkAccess } from './directPort.ts';
import { plainCopy } from './plain.ts';
import type { Entry } from './position.ts';
import type { RawEvent } from './rawEvent.ts';
import { ABANDONED, StepRecorder, Unbounded } from './stepRecorder.ts';
import { ATOMIC_LOADS, ATOMIC_UPDATES, loadUse, PLAIN_LOADS, PLAIN_STORES, storeUse } from './uses.ts';

/** Alternatives that one choice may have. */
const MOST_CHOICES = 1024;
/** Passes of a loop without any step, after which it is taken never to make one. */
const IDLE_PASSES = 10_000;
/** Actions that the interrupt unit knows, with what their argument counts. */
const UNIT_ACTIONS: ReadonlyMap<string, { readonly kind: number; readonly of: 'line' | 'semaphore' | null }> =
  new Map([
    ['ring', { kind: RING, of: 'line' }],
    ['clear', { kind: CLEAR, of: 'line' }],
    ['enable', { kind: ENABLE, of: 'line' }],
    ['disable', { kind: DISABLE, of: 'line' }],
    ['mask', { kind: MASK, of: null }],
    ['unmask', { kind: UNMASK, of: null }],
    ['wait', { kind: WAIT, of: null }],
    ['give', { kind: GIVE, of: 'semaphore' }],
    ['take', { kind: TAKE, of: 'semaphore' }],
  ]);

export class SteppedPort extends StepRecorder implements MemoryPort {
  load(at: Location, order: Ordering): number {
    const cell = this.#cell(at, loadUse(order));
    const within = offsetOf(at) - cell.byteOffset;
    this.#fenceOf(order);
    const bytes = bytesOf(at);
    const word = this.#isPrivate(cell)
      ? this.#served(
          LOAD,
          cell,
          within,
          bytes,
          order,
          this.#part(cell, within, bytes, this.privateWord(cell)),
        )
      : this.step({ ...NO_ACCESS, kind: LOAD, cell: cell.number, within, bytes, order });
    this.#learn(cell, within, bytes, word);
    return cell.block ? this.host.accesses.number(word) : word;
  }

  store(at: Location, value: number, order: Ordering): void {
    const cell = this.#cell(at, storeUse(order));
    const bytes = bytesOf(at);
    const within = offsetOf(at) - cell.byteOffset;
    const word = this.#wordOf(cell, value, bytes, at);
    if (this.#isPrivate(cell)) {
      const releases = order === 'release' || order === 'acq_rel' || order === 'seq_cst';
      if (releases && this.host.releaseStoreIsFence && cell.memory === SHARED) this.#imply('release');
      this.#change(cell, within, bytes, word, this.privateWord(cell));
      this.#storePrivate(cell, within, word);
      this.#served(STORE, cell, within, bytes, order, word);
    } else {
      this.step({ ...NO_ACCESS, kind: STORE, cell: cell.number, within, bytes, order, value: word });
      this.#change(cell, within, bytes, word, null);
    }
    // A seq_cst store is followed by a full fence (design of the hardware mappings: x86 xchg, Arm stlr + dmb).
    if (order === 'seq_cst') this.#imply('seq_cst');
  }

  rmw(at: Location, operation: RmwOperation, value: number, order: Ordering): number {
    const cell = this.#cell(at, ATOMIC_UPDATES);
    const bytes = bytesOf(at);
    const within = offsetOf(at) - cell.byteOffset;
    const operand = this.#wordOf(cell, value, bytes, at);
    const access = {
      ...NO_ACCESS,
      kind: RMW,
      cell: cell.number,
      within,
      bytes,
      order,
      operation,
      value: operand,
    };
    this.#fenceOf(order);
    const word = this.#isPrivate(cell) ? this.#atomicPart(cell, access) : this.step(access);
    const old = cell.block ? this.host.accesses.number(word) : word;
    const result = this.#wordOf(cell, applyRmw(operation, old, value, bytes), bytes, at);
    this.#change(cell, within, bytes, result, word);
    if (this.#isPrivate(cell)) this.#storePrivate(cell, within, result);
    this.#fenceOf(order);
    return old;
  }

  cas(at: Location, expected: number, desired: number, order: Ordering, failureOrder: Ordering): number {
    const cell = this.#cell(at, ATOMIC_UPDATES | ATOMIC_LOADS);
    const bytes = bytesOf(at);
    const within = offsetOf(at) - cell.byteOffset;
    const expectedWord = this.#wordOf(cell, expected, bytes, at);
    const desiredWord = this.#wordOf(cell, desired, bytes, at);
    this.#fenceOf(order === 'seq_cst' ? order : failureOrder);
    const access = {
      ...NO_ACCESS,
      kind: CAS,
      cell: cell.number,
      within,
      bytes,
      order,
      failureOrder,
      value: desiredWord,
      expected: expectedWord,
    };
    const word = this.#isPrivate(cell) ? this.#atomicPart(cell, access) : this.step(access);
    if (word === expectedWord) {
      this.#change(cell, within, bytes, desiredWord, word);
      if (this.#isPrivate(cell)) this.#storePrivate(cell, within, desiredWord);
      this.#fenceOf(order);
    } else {
      this.#learn(cell, within, bytes, word);
    }
    return cell.block ? this.host.accesses.number(word) : word;
  }

  fence(order: FenceOrdering): void {
    this.count('a fence');
    if (this.host.fenceIsStep(order)) {
      this.step({ ...NO_ACCESS, kind: FENCE, order });
      return;
    }
    this.noteMerged(`fence ${order}`);
    if (this.isLive) this.fences.push(order);
    this.watch({ ...NO_ACCESS, kind: FENCE, order }, 0);
  }

  /** A fence beside a load or read-modify-write of this order, if the memory model wants one. */
  #fenceOf(order: Ordering): void {
    if (order === 'seq_cst' && this.host.accessBringsFences) this.#imply('seq_cst');
  }

  /** A fence that belongs to an access. It counts as none of its own: the program made one access. */
  #imply(order: FenceOrdering): void {
    if (this.host.fenceIsStep(order)) this.step({ ...NO_ACCESS, kind: FENCE, order, name: IMPLIED });
    else this.noteMerged(`fence ${IMPLIED} ${order}`);
  }

  readRange(byteOffset: number, into: Uint8Array): void {
    if (into.length === 0) return;
    const cell = this.#rangeCell(byteOffset, into.length, PLAIN_LOADS);
    const within = byteOffset - cell.byteOffset;
    const bytes = into.length;
    const content = this.#isPrivate(cell)
      ? this.#served(
          READ,
          cell,
          within,
          bytes,
          'plain',
          this.host.contents.slice(this.privateWord(cell), within, bytes),
        )
      : this.step({ ...NO_ACCESS, kind: READ, cell: cell.number, within, bytes, order: 'plain' });
    this.#learn(cell, within, bytes, content);
    this.emit({ kind: 'payload', access: 'read', byteOffset, length: bytes, content });
    into.set(this.host.contents.bytesOf(content));
  }

  writeRange(byteOffset: number, bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    const cell = this.#rangeCell(byteOffset, bytes.length, PLAIN_STORES);
    const within = byteOffset - cell.byteOffset;
    const content = this.host.contents.intern(bytes);
    if (this.#isPrivate(cell)) {
      this.#change(cell, within, bytes.length, content, this.privateWord(cell));
      this.#storePrivate(cell, within, content);
      this.#served(WRITE, cell, within, bytes.length, 'plain', content);
    } else {
      const access = { kind: WRITE, cell: cell.number, within, bytes: bytes.length, value: content };
      this.step({ ...NO_ACCESS, ...access, order: 'plain' });
      this.#change(cell, within, bytes.length, content, null);
    }
    this.emit({ kind: 'payload', access: 'write', byteOffset, length: bytes.length, content });
  }

  choose(count: number): number {
    this.checkSuspended();
    if (!Number.isInteger(count) || count < 1 || count > MOST_CHOICES) {
      throw new RangeError(`choose(${count}): expected 1..${MOST_CHOICES}`);
    }
    if (count === 1) return 0;
    return this.step({ ...NO_ACCESS, kind: CHOOSE, argument: count });
  }

  action(name: string, argument: number): number {
    this.count(`the action ${name}`);
    const { interrupts, agents } = this.host.system;
    const known = interrupts === undefined ? undefined : UNIT_ACTIONS.get(name);
    if (interrupts === undefined || known === undefined) {
      return this.step({ ...NO_ACCESS, kind: ACTION, name, argument });
    }
    const { kind, of } = known;
    const count = of === 'line' ? interrupts.lines.length : (interrupts.semaphores?.length ?? 0);
    if (of !== null && !(Number.isInteger(argument) && argument >= 0 && argument < count)) {
      throw new RangeError(`${name}(${argument}): the system has ${count} ${of}s`);
    }
    if ((kind === WAIT || kind === TAKE) && agents[this.agent]?.interrupt !== undefined) {
      throw new RangeError(`${name} in interrupt context: nobody could go on with the handler`);
    }
    const result = this.step({ ...NO_ACCESS, kind, argument: of === null ? 0 : argument });
    if (kind !== WAIT) return result;
    if (result === 1) this.step({ ...NO_ACCESS, kind: ASLEEP });
    return 0;
  }

  /** The first step of a handler's run: the interrupt comes in. Nothing of the run has happened before. */
  enterHandler(line: number): void {
    this.step({ ...NO_ACCESS, kind: ENTER, argument: line });
    this.emit({ kind: 'enter', line });
  }

  repeat<S extends PlainData, R extends PlainData | undefined>(
    state: S,
    body: (state: S) => Repeat<S, R>,
  ): R {
    this.checkSuspended();
    const nesting = this.loops;
    const base = this.cursor;
    const outer = this.stack.counts();
    let current: PlainData = state;
    /** Where passes began in this run: to be there again means that no step was made in between. */
    const begun = new Set<Entry>();
    const recorded = this.entries[base];
    if (recorded !== undefined && recorded.kind !== 'access' && recorded.nesting === nesting) {
      this.resume(recorded);
      // The loop's own state or result, as its body returned it: of type S, or R.
      if (recorded.kind === 'done') return structuredClone(recorded.data) as R;
      current = recorded.data ?? null;
      begun.add(recorded);
      const next = this.entries[this.cursor];
      if (next?.kind === 'access' && this.host.accesses.get(next.access).kind === SPIN) this.spin();
    }
    for (let passes = 0; ; passes++) {
      this.loops = nesting + 1;
      const before = this.cursor;
      // What the body returned last is of type S, and so is its copy.
      const pass = body(structuredClone(current) as S);
      this.loops = nesting;
      this.checkSuspended();
      this.settle();
      if (this.cursor > before) {
        begun.clear();
        passes = 0;
      }
      this.stack.endPass(outer);
      if ('done' in pass) {
        this.forget(base, 'done', nesting, pass.done);
        return pass.done;
      }
      const entry = this.forget(base, 'again', nesting, pass.again);
      if (begun.has(entry)) this.spin();
      if (passes === IDLE_PASSES) {
        const operation = this.stack.innermost ?? 'the program';
        throw this.fail(
          new Unbounded(`a loop of ${operation} goes round without any step: nobody else could ever run`),
        );
      }
      begun.add(entry);
      current = entry.data ?? null;
    }
  }

  op<R extends PlainData | undefined>(name: string, args: OperationArguments, body: () => R): R {
    this.checkSuspended();
    const contract = this.host.system.operations[name];
    const before = this.#arguments(name, args);
    const given = contract?.onCall?.(before) ?? null;
    const depth = this.stack.push(name, givenBy(given));
    this.thrownBy = null;
    const call: RawEvent = { kind: 'call', operation: name, depth, args: before };
    if (given === null) {
      this.emit(call);
    } else if (this.moves(given)) {
      this.waiting.push(call);
      this.move(given, depth, 'call');
    } else {
      this.emit(call);
      this.move(given, depth, 'call');
    }
    const result = this.#body(body, name, depth);
    const after = this.#arguments(name, args);
    const plainResult = plainCopy(result, `the result of ${name}`);
    const { accesses, changed } = this.stack.pop();
    if (this.emits)
      this.emit({
        kind: 'return',
        operation: name,
        depth,
        args: after,
        result: plainResult,
        accesses,
        changed: changed.map((cell) => this.#nameOf(cell)).sort(),
      });
    const allocated = contract?.allocates?.(after, plainResult) ?? null;
    if (allocated !== null) this.emit({ kind: 'allocation', ...allocated });
    this.move(contract?.onReturn?.(after, plainResult) ?? null, depth, 'return');
    return result;
  }

  #body<R>(body: () => R, operation: string, depth: number): R {
    try {
      const result = body();
      this.checkSuspended();
      return result;
    } catch (error) {
      // Left by an exception of its own, which a caller may expect: what follows is outside of the operation.
      if (!this.suspended && this.failure === null) {
        this.thrownBy ??= operation;
        this.stack.leave(depth);
      }
      throw error;
    }
  }

  // --- Cells -------------------------------------------------------------------------------------------------------

  #cell(at: Location, use: number): Cell {
    this.checkSuspended();
    const { system, cells } = this.host;
    const local = spaceOf(at) === 'local';
    const memory = local ? this.core : SHARED;
    const bytes = bytesOf(at);
    const byteOffset = offsetOf(at);
    const limit = local ? system.localBytes : system.sharedBytes;
    const name = (of: number, from: number, length: number): string => cells.nameOf(of, from, length);
    this.guarded(() => checkAccess(memory, limit, byteOffset, bytes, bytes, name));
    return this.#reach(memory, byteOffset, bytes, false, use);
  }

  #rangeCell(byteOffset: number, length: number, use: number): Cell {
    this.checkSuspended();
    const { system, cells } = this.host;
    const name = (of: number, from: number, bytes: number): string => cells.nameOf(of, from, bytes);
    this.guarded(() => checkAccess(SHARED, system.sharedBytes, byteOffset, length, 1, name));
    return this.#reach(SHARED, byteOffset, length, true, use);
  }

  #reach(memory: number, byteOffset: number, bytes: number, range: boolean, use: number): Cell {
    const { cells } = this.host;
    const name = (): string => cells.nameOf(memory, byteOffset, bytes);
    if (this.guesses && !cells.knows(memory, byteOffset, bytes, range, this.agent, use))
      throw this.fail(ABANDONED);
    this.count(name);
    const cell = this.guarded(() => cells.resolve(memory, byteOffset, bytes, range, this.agent, use));
    if (cell.agent !== SEVERAL) this.noteMerged(name);
    return cell;
  }

  #isPrivate(cell: Cell): boolean {
    return cell.agent !== SEVERAL;
  }

  /** An access to what only this agent reaches has been made. Returns its word. */
  #served(kind: number, cell: Cell, within: number, bytes: number, order: Ordering, word: number): number {
    if (this.host.system.watchAccesses === true)
      this.watch({ ...NO_ACCESS, kind, cell: cell.number, within, bytes, order, value: word }, word);
    return word;
  }

  #storePrivate(cell: Cell, within: number, word: number): void {
    this.setPrivateWord(
      cell,
      cell.block ? this.host.contents.splice(this.privateWord(cell), within, word) : word,
    );
  }

  #part(cell: Cell, within: number, bytes: number, word: number): number {
    return cell.block ? this.host.contents.slice(word, within, bytes) : word;
  }

  /** A read-modify-write of what nobody else sees is a full fence all the same: x86 code uses it as one. */
  #atomicPart(cell: Cell, access: Access): number {
    if (this.host.updateIsFence && this.host.fenceIsStep('seq_cst')) this.#imply('seq_cst');
    const word = this.#part(cell, access.within, access.bytes, this.privateWord(cell));
    this.watch(access, word);
    return word;
  }

  /** A scalar as the word of its cell: cut to its width, as content if the cell is a block. */
  #wordOf(cell: Cell, value: number, bytes: number, at: Location): number {
    if (!Number.isSafeInteger(value) || (bytes === 8 && value < 0)) {
      const name = this.host.cells.nameOf(cell.memory, offsetOf(at), bytes);
      const message = `${value} stored to ${name}: expected a safe integer, 0..2^53-1`;
      throw this.fail(new AccessError('unsafe-integer', name, offsetOf(at), bytes, message));
    }
    const cut = bytes === 8 ? value : bytes === 4 ? value >>> 0 : value & ((1 << (bytes * 8)) - 1);
    return cell.block ? this.host.accesses.content(cut, bytes) : cut;
  }

  /** A whole cell's word has become known to the open operations. */
  #learn(cell: Cell, within: number, bytes: number, word: number): void {
    if (within === 0 && bytes === cell.bytes) this.stack.learn(cell.number, word);
  }

  /** A store by the open operations. `before`: what stood there, if it is known for certain. */
  #change(cell: Cell, within: number, bytes: number, word: number, before: number | null): void {
    const whole = within === 0 && bytes === cell.bytes;
    this.stack.change(cell.number, whole ? word : null, before);
  }

  #nameOf(number: number): string {
    return this.host.cells.nameOfCell(number);
  }

  #arguments(operation: string, args: OperationArguments): Readonly<Record<string, PlainData>> {
    const copy: Record<string, PlainData> = {};
    for (const [name, value] of Object.entries(args))
      copy[name] = plainCopy(value, `argument ${name} of ${operation}`);
    return copy;
  }
}
