/**
 * The catalogue of events: everything that can stand in the record, one entry a type. It is closed: what is not here can't
 * be recorded.
 *
 * To add a type: one entry in the file of `catalogue/` that it belongs to, with the shape of its data and a sentence. Data
 * holds facts that stay when a person is erased: ids, counts, closed words. Never a secret, never anything personal (that goes
 * into `personal`). To change the shape of one that is in use: raise its `version`, and keep old fields readable, since old
 * events stay as they are.
 *
 * A type is called after what it is about, a dot, and what became of that. What is put on a list and taken off again, row and all, is
 * `added` and `removed`. What is kept after its end is `created` or `issued`, and has a word of its own for the end: `ended`,
 * `retired`, `erased`, `revoked`, `destroyed`. What was asked for in vain is `refused`.
 */

import { askingEvents } from './catalogue/asking-events.ts';
import { authorityEvents } from './catalogue/authority-events.ts';
import { deviceEvents } from './catalogue/device-events.ts';
import { enrolmentEvents } from './catalogue/enrolment-events.ts';
import { houseEvents } from './catalogue/house-events.ts';
import { networkEvents } from './catalogue/network-events.ts';
import { peopleEvents } from './catalogue/people-events.ts';
import { processEvents } from './catalogue/process-events.ts';
import { sshEvents } from './catalogue/ssh-events.ts';

export const catalogue = {
  ...houseEvents,
  ...peopleEvents,
  ...processEvents,
  ...deviceEvents,
  ...networkEvents,
  ...enrolmentEvents,
  ...authorityEvents,
  ...sshEvents,
  ...askingEvents,
};
