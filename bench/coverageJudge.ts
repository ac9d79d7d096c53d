/** Compares what was not covered with what need not be. Pure: reports in, findings out. */
import type { CoverageException } from './coverageExceptions.ts';

interface Place {
  readonly line: number;
}

interface Range {
  readonly start: Place;
  readonly end: Place;
}

/** Coverage of one file, in Istanbul's format. Lines count from 1. */
export interface FileCoverage {
  readonly path: string;
  readonly statementMap: Readonly<Record<string, Range>>;
  readonly s: Readonly<Record<string, number>>;
  readonly branchMap: Readonly<Record<string, { readonly locations: readonly Range[] }>>;
  readonly b: Readonly<Record<string, readonly number[]>>;
  readonly fnMap: Readonly<Record<string, { readonly name: string; readonly loc: Range }>>;
  readonly f: Readonly<Record<string, number>>;
}

/** Lines of a file, next to each other, of which some statement, branch or function was not run. */
export interface UncoveredRegion {
  readonly file: string;
  readonly firstLine: number;
  /** The lines without their indentation. */
  readonly lines: readonly string[];
}

/** @param source the file's text. @param file its name for reports. */
export function uncoveredRegions(file: string, coverage: FileCoverage, source: string): UncoveredRegion[] {
  const text = source.split('\n');
  const missed = new Set<number>();
  const miss = ({ start, end }: Range): void => {
    for (let line = start.line; line <= end.line; line++) missed.add(line);
  };
  for (const [key, count] of Object.entries(coverage.s)) {
    const range = coverage.statementMap[key];
    if (count === 0 && range !== undefined) miss(range);
  }
  for (const [key, counts] of Object.entries(coverage.b)) {
    for (const [i, count] of counts.entries()) {
      const range = coverage.branchMap[key]?.locations[i];
      if (count === 0 && range !== undefined) miss(range);
    }
  }
  for (const [key, count] of Object.entries(coverage.f)) {
    const fn = coverage.fnMap[key];
    if (count === 0 && fn !== undefined) miss(fn.loc);
  }
  const regions: { firstLine: number; lines: string[] }[] = [];
  for (const line of [...missed].sort((a, b) => a - b)) {
    const last = regions.at(-1);
    const trimmed = text[line - 1]?.trim() ?? '';
    if (last !== undefined && last.firstLine + last.lines.length === line) last.lines.push(trimmed);
    else regions.push({ firstLine: line, lines: [trimmed] });
  }
  return regions.map((region) => ({ file, ...region }));
}

export interface Judgement {
  /** Uncovered, with the exception that says why. */
  readonly excused: readonly { readonly region: UncoveredRegion; readonly exception: CoverageException }[];
  /** Uncovered without a reason. */
  readonly unexcused: readonly UncoveredRegion[];
  /** Reasons for what is covered, or not there. */
  readonly stale: readonly CoverageException[];
}

export function judgeCoverage(
  regions: readonly UncoveredRegion[],
  exceptions: readonly CoverageException[],
): Judgement {
  const excused: { region: UncoveredRegion; exception: CoverageException }[] = [];
  const unexcused: UncoveredRegion[] = [];
  const stale = new Set(exceptions);
  for (const region of regions) {
    const exception = [...stale].find((known) => fits(known, region));
    if (exception === undefined) {
      unexcused.push(region);
    } else {
      stale.delete(exception);
      excused.push({ region, exception });
    }
  }
  return { excused, unexcused, stale: [...stale] };
}

function fits(exception: CoverageException, { file, lines }: UncoveredRegion): boolean {
  return (
    exception.file === file &&
    exception.lines.length === lines.length &&
    exception.lines.every((line, i) => line === lines[i])
  );
}
