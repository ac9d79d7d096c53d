/**
 * What the exhaustive runs need not cover, each with its reason. Code is named by its lines, without indentation: so
 * an exception follows its code, and no longer fits when the code changes. `bench/coverage.ts` fails when uncovered
 * code is not listed, and when listed code is covered.
 */

/** Uncovered lines, from the first to the last. */
export interface CoverageException {
  /** Source file, relative to the package. */
  readonly file: string;
  readonly lines: readonly string[];
  readonly reason: string;
}

/** Built files that are not measured. */
export interface CoverageExclusion {
  /** A file, or a folder with a slash at its end. */
  readonly path: string;
  readonly reason: string;
}

export const coverageExclusions: readonly CoverageExclusion[] = [
  { path: 'dist/impl/index.js', reason: 're-exports only' },
  { path: 'dist/impl/target.js', reason: 'types only: nothing of it is left to run' },
  {
    path: 'dist/impl/esp-amp/defects/',
    reason: 'seeded bugs: sound runs must not run them (vqcheck check --defect does)',
  },
  {
    path: 'dist/impl/sel4/defects/',
    reason: 'seeded bugs: sound runs must not run them (vqcheck check --defect does)',
  },
];

export const coverageExceptions: readonly CoverageException[] = [
  {
    file: 'impl/esp-amp/errors.ts',
    lines: ['return NAMES[code] ?? `code 0x${code.toString(16)}`;'],
    reason: 'names a code that is not documented: no sound run returns one',
  },
  {
    file: 'impl/esp-amp/operations.ts',
    lines: [
      "if (typeof record !== 'object' || record === null || Array.isArray(record)) {",
      "throw new TypeError('out: expected a record');",
      '}',
    ],
    reason: 'a slip in an argument list of queue.ts itself, which the types already exclude there',
  },
  {
    file: 'impl/esp-amp/operations.ts',
    lines: ['throw new TypeError(`${name}: expected a number, got ${JSON.stringify(data)}`);'],
    reason: 'a slip in an argument list of queue.ts itself, which the types already exclude there',
  },
  {
    file: 'impl/esp-amp/queue.ts',
    lines: [
      'if (index_modulus < 2 || index_modulus > MAX_MODULUS || !is_power_of_two(index_modulus)) {',
      'throw new RangeError(`index_modulus: expected a power of two in 2..65536, got ${index_modulus}`);',
      '}',
    ],
    reason: 'refuses a configuration before there is any queue: test/impl/espAmpQueue.test.ts',
  },
  {
    file: 'impl/esp-amp/queue.ts',
    lines: [
      'if (this.index_modulus < 2 * length) {',
      'throw new RangeError(`index_modulus ${this.index_modulus} is less than two laps of ${length} slots`);',
      '}',
    ],
    reason: 'refuses a configuration before there is any queue: test/impl/espAmpQueue.test.ts',
  },
  {
    file: 'impl/esp-amp/sysInfo.ts',
    lines: [
      ') {',
      'throw new RangeError(`no sys_info pool can be ${pool.size} bytes at ${pool.base}`);',
      '}',
    ],
    reason: 'refuses a geometry before there is any pool: test/impl/espAmpSysInfo.test.ts',
  },
  {
    file: 'impl/esp-amp/critical.ts',
    lines: [
      'export function critical<R>(port: MemoryPort, body: () => R): R {',
      "// No `finally`: the port's exceptions have to pass without another access.",
      'const was = enter_critical(port);',
      'const result = body();',
      'exit_critical(port, was);',
      'return result;',
      '}',
    ],
    reason:
      'for who has no SwIntr; the scenarios run the same two steps by its `critical`: test/impl/espAmpSwIntr.test.ts',
  },
  {
    file: 'impl/esp-amp/operations.ts',
    lines: ['sw_intr_delete_handler: { codes: null, succeeded: () => true },'],
    reason: 'no scenario deletes a handler, see swIntr.ts',
  },
  {
    file: 'impl/esp-amp/swIntr.ts',
    lines: [
      'if (!Number.isInteger(table_length) || table_length < 1 || table_length > MOST_ENTRIES) {',
      'throw new RangeError(`table_length: expected 1..${MOST_ENTRIES}, got ${table_length}`);',
      '}',
    ],
    reason: 'refuses a configuration before there is any table: test/impl/espAmpSwIntr.test.ts',
  },
  {
    file: 'impl/esp-amp/swIntr.ts',
    lines: [
      'delete_handler(intr_id: number, handler: number): void {',
      'check_id(intr_id);',
      "this.port.op('sw_intr_delete_handler', { sw_intr: this.id, intr_id, handler }, () => {",
      'const was = this.enter_critical();',
      'for (let i = 0; i < this.handlers.count; i++) {',
      'const entry = this.handlers.at(i);',
      'if (entry.intr_id === intr_id && entry.handler === handler) entry.handler = NULL;',
      '}',
      'this.exit_critical(was);',
      'return undefined;',
      '});',
      '}',
    ],
    reason: 'no scenario deletes a handler: queues never do; test/impl/espAmpSwIntr.test.ts',
  },
  {
    file: 'impl/esp-amp/swIntr.ts',
    lines: [
      'if (code === undefined) throw new RangeError(`${this.id}: there is no function at ${handler}`);',
    ],
    reason: 'a jump to nowhere: only a half-written entry has such a pointer, and no sound run reads one',
  },
  {
    file: 'impl/esp-amp/swIntr.ts',
    lines: [
      'if (!Number.isInteger(intr_id) || intr_id < 0 || intr_id > LAST_ID) {',
      'throw new RangeError(`intr_id: expected 0..${LAST_ID}, got ${intr_id}`);',
      '}',
    ],
    reason: 'refuses an id that is none; the scenarios name theirs: test/impl/espAmpSwIntr.test.ts',
  },
];
