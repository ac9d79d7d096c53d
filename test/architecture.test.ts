/** Who may import whom, and what may be used where: read from the sources. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '..');

/** Folder → folders of which it may import the index. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  memory: [],
  model: [],
  impl: ['memory', 'model'],
  properties: ['model', 'memory'],
  checker: ['memory', 'model', 'properties'],
  scenarios: ['impl', 'checker', 'properties', 'memory', 'model'],
  traces: ['checker', 'scenarios', 'properties', 'memory', 'model'],
  litmus: ['checker', 'memory', 'properties'],
  ledger: ['checker'],
  cli: ['memory', 'model', 'impl', 'properties', 'checker', 'scenarios', 'traces', 'litmus', 'ledger'],
};
/** Folders whose imports of another are types only. */
const TYPES_ONLY: Readonly<Record<string, readonly string[]>> = { impl: ['model'], properties: ['memory'] };
/** Package → files or folders that may import it. Packages not named here belong to the command line. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  xstate: ['model/'],
  'fast-check': ['checker/search/random.ts', 'traces/shrink.ts', 'cli/'],
  zod: ['traces/', 'litmus/', 'cli/'],
};
const NODE_MODULES = ['cli/', 'traces/codec.ts', 'bench/', 'examples/'];

interface Import {
  readonly file: string;
  readonly from: string;
  readonly typeOnly: boolean;
}

function sources(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `${folder}/${name.replaceAll('\\', '/')}`)
    .sort();
}

/** Comments and the contents of strings are of no interest to some questions. */
function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|[^:'"`])\/\/.*$/gm, '$1');
}

function importsOf(file: string): Import[] {
  const text = withoutComments(readFileSync(join(ROOT, file), 'utf8'));
  const imports: Import[] = [];
  for (const match of text.matchAll(/^(import|export)\s+(type\s+)?([^;'"]*?)\s*from\s*['"]([^'"]+)['"]/gm)) {
    const names = (match[3] ?? '')
      .replace(/^\{|\}$/g, '')
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '');
    const typeOnly =
      match[2] !== undefined || (names.length > 0 && names.every((name) => name.startsWith('type ')));
    imports.push({ file, from: match[4] ?? '', typeOnly });
  }
  for (const match of text.matchAll(/^import\s+['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/gm)) {
    imports.push({ file, from: match[1] ?? match[2] ?? '', typeOnly: false });
  }
  return imports;
}

const FOLDERS = Object.keys(MAY_IMPORT);
const all = FOLDERS.flatMap((folder) => sources(folder)).flatMap(importsOf);
const isWithin = (file: string, places: readonly string[]): boolean =>
  places.some((place) => file === place || (place.endsWith('/') && file.startsWith(place)));

describe('imports', () => {
  it('are found at all: this test reads what it thinks it reads', () => {
    expect(all.length).toBeGreaterThan(150);
    expect(all).toContainEqual({
      file: 'checker/monitorBank.ts',
      from: '../model/index.ts',
      typeOnly: false,
    });
    expect(all).toContainEqual({ file: 'model/slot.ts', from: 'xstate', typeOnly: false });
  });

  it.each(FOLDERS)('of %s go only where they may, through the index', (folder) => {
    const wrong = all
      .filter(({ file, from }) => file.startsWith(`${folder}/`) && from.startsWith('.'))
      .flatMap(({ file, from, typeOnly }) => {
        const target = relative(ROOT, resolve(ROOT, dirname(file), from)).replaceAll('\\', '/');
        const [where = ''] = target.split('/');
        if (where === folder) return [];
        // The package as a whole, for the command line.
        if (folder === 'cli' && target === 'index.ts') return [];
        const allowed = (MAY_IMPORT[folder] ?? []).includes(where);
        const types = (TYPES_ONLY[folder] ?? []).includes(where);
        return allowed && target === `${where}/index.ts` && (typeOnly || !types)
          ? []
          : [`${file} imports ${from}`];
      });
    expect(wrong).toEqual([]);
  });

  it('name the file with its ending, or a package', () => {
    expect(all.filter(({ from }) => from.startsWith('.') && !from.endsWith('.ts'))).toEqual([]);
    expect(all.filter(({ from }) => from.startsWith('/') || from.startsWith('vqcheck'))).toEqual([]);
  });

  it('of packages stay in the folders that own them', () => {
    const wrong = all
      .filter(({ from }) => !from.startsWith('.') && !from.startsWith('node:'))
      .filter(({ file, from }) => !isWithin(file, PACKAGES[from.split('/')[0] ?? ''] ?? ['cli/']))
      .map(({ file, from }) => `${file} imports ${from}`);
    expect(wrong).toEqual([]);
  });

  it('of node: modules stay at the edge', () => {
    const wrong = all.filter(({ file, from }) => from.startsWith('node:') && !isWithin(file, NODE_MODULES));
    expect(wrong.map(({ file, from }) => `${file} imports ${from}`)).toEqual([]);
  });

  it('nobody imports the command line or the tests', () => {
    const outside = all.filter(({ file }) => !file.startsWith('cli/'));
    expect(outside.filter(({ from }) => /(^|\/)(cli|test)\//.test(from))).toEqual([]);
  });
});

describe('sources', () => {
  const files = FOLDERS.flatMap((folder) => sources(folder));
  const below = files.filter((file) => !file.startsWith('cli/'));

  it('below the command line read no clock and no random numbers', () => {
    const uses =
      /\bDate\.now\b|\bnew Date\b|\bMath\.random\b|\bperformance\.now\b|\bprocess\.hrtime\b|\bcrypto\.(random|getRandom)/;
    expect(
      below.filter((file) => uses.test(withoutComments(readFileSync(join(ROOT, file), 'utf8')))),
    ).toEqual([]);
  });

  it('export by name, and re-export by name', () => {
    const wrong = files.filter((file) =>
      /^export (default|\*)/m.test(withoutComments(readFileSync(join(ROOT, file), 'utf8'))),
    );
    expect(wrong).toEqual([]);
  });

  it('have an index in each folder that opens with what lives there', () => {
    for (const folder of FOLDERS.filter((name) => name !== 'cli')) {
      expect([folder, readFileSync(join(ROOT, folder, 'index.ts'), 'utf8').startsWith('/**')]).toEqual([
        folder,
        true,
      ]);
    }
  });
});
