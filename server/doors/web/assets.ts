/**
 * The files that pages are made of: read once, browser code as tools/generate/browser-scripts.ts leaves it, style sheets joined
 * into one, each served under an address that names its content, so that browsers keep it for good and never an old one.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { MARK_PATH } from './parts/icons.ts';

const NAMES = ['sallyport.css', 'page.js', 'bound.js', 'passkey.js', 'mark.svg'] as const;
/** In the order in which they are joined: where two rules are equally strong, the later one wins. */
const STYLES = [
  'tokens',
  'base',
  'drawings',
  'doorway',
  'forms',
  'buttons',
  'notes',
  'steps',
  'ways',
  'codes',
  'desk',
  'rooms',
  'rows',
  'activity',
  'advice',
  'media',
] as const;
export type AssetName = (typeof NAMES)[number];
export type AssetPaths = Readonly<Record<AssetName, string>>;

export interface Asset {
  readonly type: string;
  readonly body: string;
}

export interface Assets {
  readonly paths: AssetPaths;
  find(file: string): Asset | undefined;
}

const TYPES = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
} as const;

function read(folder: 'assets' | 'browser/generated', file: string): string {
  return readFileSync(new URL(`./${folder}/${file}`, import.meta.url), 'utf8');
}

function style(files: readonly string[]): string {
  return files
    .map((file) => read('assets', `${file}.css`))
    .join('\n')
    .replaceAll(/\/\*[\s\S]*?\*\//g, '')
    .replaceAll(/\s*\n\s*/g, '\n')
    .trim();
}

/** Where the policy of an image lets no style in, the attributes alone draw it. */
const MARK = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><style>@media(prefers-color-scheme:dark){path{stroke:#8fcbd6}}</style><path fill="none" stroke="#1f5a66" stroke-width="2.2" stroke-linecap="round" stroke-linejoin="round" d="${MARK_PATH}"/></svg>`;

export function loadAssets(): Assets {
  const content: Readonly<Record<AssetName, string>> = {
    'sallyport.css': style(STYLES),
    'page.js': read('browser/generated', 'page.js'),
    'bound.js': read('browser/generated', 'bound.js'),
    'passkey.js': read('browser/generated', 'passkey.js'),
    'mark.svg': MARK,
  };
  const files = new Map<string, Asset>();
  const paths = Object.fromEntries(
    NAMES.map((name) => {
      const body = content[name];
      const print = createHash('sha256').update(body).digest('base64url').slice(0, 12);
      const [stem = '', ending = 'css'] = name.split('.');
      const file = `${stem}.${print}.${ending}`;
      files.set(file, { type: TYPES[ending as keyof typeof TYPES], body }); // The endings of NAMES.
      return [name, `/assets/${file}`];
    }),
  ) as AssetPaths; // One entry for each of NAMES.
  return { paths, find: (file) => files.get(file) };
}
