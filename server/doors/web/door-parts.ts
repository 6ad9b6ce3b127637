import type { WebDoorDeps } from './deps.ts';
import type { Handling } from './handling.ts';
import type { Tabs } from './tabs.ts';

/** What the files in routes/ are made with. */
export interface DoorParts extends WebDoorDeps {
  readonly handling: Handling;
  readonly tabs: Tabs;
}
