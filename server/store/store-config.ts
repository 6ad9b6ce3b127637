import { z } from 'zod';
import { path, secret } from '../kernel/setting.ts';
import { isUnverified } from './postgres-url.ts';

export const dataConfig = path()
  .default('./data')
  .describe(
    'The folder for everything that Sallyport keeps on this machine: the embedded database, the root key. It is made when it is missing, open to its owner only.',
  );

/** The text of the setting: `sqlite`, or the URL of a PostgreSQL, which may hold a password. */
export const databaseConfig = z
  .union([
    z.literal('sqlite'),
    z.string().regex(/^postgres(?:ql)?:\/\//, 'must be sqlite or begin with postgres://'),
    secret().options[1],
    secret().options[2],
  ])
  .default('sqlite')
  .meta({
    wanted: 'sqlite, or the URL of a PostgreSQL, or {file: path} or {env: NAME}',
    secret: true,
  })
  .describe(
    '`sqlite` keeps everything in the data folder, for one machine. A URL such as `postgres://sallyport@db.example.com/sallyport?sslmode=verify-full` lets several machines work as one. A URL with a password is better kept in a file or an environment variable.',
  );

/** Whether the way to the database is open to others. A URL that is wrong is told of elsewhere. */
export function isOpenToOthers(database: string): boolean {
  try {
    return database !== 'sqlite' && isUnverified(database);
  } catch {
    return false;
  }
}
