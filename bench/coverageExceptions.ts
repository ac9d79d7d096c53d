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
];
