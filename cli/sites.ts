/** Says which source line is running: what a recorded step shows as its `site`. */
import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { basename, dirname, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder of the package: this file is built into `dist/cli/`. */
const packageFolder = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/** Frames of these folders are the machinery under the code that makes an access. */
const machinery: readonly string[] = ['memory', 'checker', 'traces', 'cli'].flatMap((folder) => [
  resolve(packageFolder, 'dist', folder) + sep,
  resolve(packageFolder, folder) + sep,
]);

/** Mostly enough for the port and a typed view below the code that is looked for. A short stack is the cheaper part. */
const USUAL_DEPTH = 10;
/** Enough for the deepest nesting of operations, too. */
const STACK_DEPTH = 40;

interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/**
 * A function that returns where the running code stands, for instance `impl/esp-amp/queue.ts:123`: the innermost frame
 * outside the memory port and the checker, in its TypeScript source, relative to the package or to `userFolder`.
 * Null when no frame has a file. Costs a stack trace per call.
 */
export function siteProbe(userFolder: string | null = null): () => string | null {
  const known = new Map<string, string>();
  return () => {
    const place = innermost();
    if (place === null) return null;
    const key = `${place.file}:${place.line}:${place.column}`;
    let site = known.get(key);
    if (site === undefined) {
      site = shown(original(place), userFolder);
      known.set(key, site);
    }
    return site;
  };
}

function innermost(): Place | null {
  return placeWithin(USUAL_DEPTH) ?? placeWithin(STACK_DEPTH);
}

function placeWithin(depth: number): Place | null {
  const { prepareStackTrace, stackTraceLimit } = Error;
  Error.stackTraceLimit = depth;
  Error.prepareStackTrace = (_error, frames) => frames;
  // With the hook above, a stack is its frames.
  const frames = new Error().stack as unknown as readonly NodeJS.CallSite[];
  Error.prepareStackTrace = prepareStackTrace;
  Error.stackTraceLimit = stackTraceLimit;
  for (const frame of frames) {
    const name = frame.getFileName();
    if (name === null || name === undefined) continue;
    const file = fileOf(name);
    const line = frame.getLineNumber();
    if (file !== null && line !== null) return { file, line, column: frame.getColumnNumber() ?? 1 };
  }
  return null;
}

const files = new Map<string, string | null>();

/** The path of a frame's file; null: it is of the machinery, or of the host. */
function fileOf(name: string): string | null {
  let file = files.get(name);
  if (file === undefined) {
    const path = name.startsWith('file:') ? fileURLToPath(name) : name;
    const isOther = name.startsWith('node:') || machinery.some((folder) => path.startsWith(folder));
    file = isOther ? null : path;
    files.set(name, file);
  }
  return file;
}

const maps = new Map<string, SourceMap | null>();

/** The map beside a built file. Read here because the host's own maps need an option before anything is loaded. */
function mapOf(file: string): SourceMap | null {
  let map = maps.get(file);
  if (map === undefined) {
    try {
      map = new SourceMap(JSON.parse(readFileSync(`${file}.map`, 'utf8')));
    } catch {
      // Without a map, the line of the built file is what there is to show.
      map = null;
    }
    maps.set(file, map);
  }
  return map;
}

function original(place: Place): Place {
  if (!/\.[cm]?js$/.test(place.file)) return place;
  const entry = mapOf(place.file)?.findEntry(place.line - 1, place.column - 1);
  if (entry === undefined || !('originalSource' in entry)) return place;
  return {
    file: resolve(dirname(place.file), entry.originalSource),
    line: entry.originalLine + 1,
    column: entry.originalColumn + 1,
  };
}

/** Never a path of this machine: relative to the user's folder or to the package, or the bare file name. */
function shown({ file, line }: Place, userFolder: string | null): string {
  for (const folder of userFolder === null ? [packageFolder] : [userFolder, packageFolder]) {
    const path = relative(folder, file);
    if (!path.startsWith('..') && resolve(folder, path) === file)
      return `${path.split(sep).join('/')}:${line}`;
  }
  return `${basename(file)}:${line}`;
}
