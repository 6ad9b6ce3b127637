/** A file or folder that a command could not use, in words for whoever named it: what node:fs says is for programmers. */
import { dirname } from 'node:path';
import type { Problem } from './output.ts';

export function fileProblem(error: unknown): Problem | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, path, syscall } = error as NodeJS.ErrnoException; // What node:fs throws.
  if (path === undefined || code === undefined || NOT_OF_FILES.test(syscall ?? ''))
    return undefined;
  const told = WORDS[code]?.(path);
  return told === undefined ? undefined : { what: told[0], mend: told[1] };
}

/** These name a program, or the socket of one. */
const NOT_OF_FILES = /^(?:connect|listen|spawn)/;

type Told = readonly [what: string, mend: string];

const notAllowed = (path: string): Told => [
  `This account may not use ${path}.`,
  'Name another, or run this as who may.',
];

const WORDS: Readonly<Record<string, (path: string) => Told>> = {
  ENOENT: (path) => [
    `${path} is not there, and can’t be made there.`,
    `Look at the path: is there a folder ${dirname(path)}?`,
  ],
  EACCES: notAllowed,
  EPERM: notAllowed,
  EISDIR: (path) => [`${path} is a folder.`, 'Name a file.'],
  ENOTDIR: (path) => [`Part of ${path} is a file, and no folder.`, 'Name another place.'],
  EEXIST: (path) => [
    `There is something at ${path} already.`,
    'Name another place, or move it away.',
  ],
  EROFS: (path) => [
    `Nothing can be written to ${path}: its disk is read-only.`,
    'Name another place.',
  ],
  ENOSPC: (path) => [`${path} can’t be written: the disk is full.`, 'Make room, and repeat it.'],
};
