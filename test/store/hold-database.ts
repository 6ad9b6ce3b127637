/** A process of its own that writes, and commits when it is told to. */
import { DatabaseSync } from 'node:sqlite';

const database = new DatabaseSync(process.argv[2]!); // As the test calls it.
database.exec("begin immediate; insert into scratch values ('theirs', 1, null)");
process.send?.('holding');
process.once('message', () => {
  database.exec('commit');
  database.close();
  process.disconnect();
});
