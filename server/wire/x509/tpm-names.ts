/**
 * What the certificate of a TPM's key says of it, in its alternative names: maker, model and firmware (TCG EK Credential Profile
 * §3.2.9), and by what the maker, or whoever certified the key, knows that one device: a permanent identifier (RFC 4043) or the
 * serial of a hardware module (RFC 4108 §5).
 */
import {
  context,
  type Der,
  readAscii,
  readOid,
  readOne,
  readText,
  TAG,
  within,
} from '../der/der-reader.ts';
import { readName } from './distinguished-name.ts';
import { tpm } from './oids.ts';

export interface TpmNames {
  /** As TCG registers them: `id:` and four octets. */
  readonly manufacturer: string;
  readonly model: string;
  readonly version: string;
  /** Of that one device. */
  readonly identifiers: readonly string[];
}

const MANUFACTURER = /^id:[0-9a-fA-F]{8}$/;

/** The value of the extension; undefined where it does not say of which TPM it is. */
export function readTpmNames(value: Uint8Array): TpmNames | undefined {
  const identifiers: string[] = [];
  const said = new Map<string, string>();
  for (const name of within(readOne(value), TAG.sequence) ?? []) {
    if (name.tag === context(4)) {
      for (const { type, text } of readName(readOne(name.content)) ?? []) {
        // Said twice, nobody knows which.
        if (text === undefined || said.has(type)) return undefined;
        said.set(type, text);
      }
    }
    if (name.tag === context(0)) {
      const found = identifierOf(name);
      if (found !== undefined) identifiers.push(found);
    }
  }
  const manufacturer = said.get(tpm.manufacturer);
  const model = said.get(tpm.model);
  const version = said.get(tpm.version);
  if (manufacturer === undefined || model === undefined || version === undefined) return undefined;
  return MANUFACTURER.test(manufacturer)
    ? { manufacturer, model, version, identifiers }
    : undefined;
}

function identifierOf({ content }: Der): string | undefined {
  const [type, value] = within({ tag: TAG.sequence, content, whole: content }, TAG.sequence) ?? [];
  const inner =
    value?.tag === context(0) ? within(readOne(value.content), TAG.sequence) : undefined;
  switch (readOid(type)) {
    case tpm.permanentIdentifier: {
      // Without one it is the name of the subject, which is empty here.
      const text = inner?.[0]?.tag === TAG.utf8 ? readText(inner[0]) : undefined;
      return text === '' ? undefined : text;
    }
    case tpm.hardwareModuleName: {
      const serial = inner?.[1];
      if (serial?.tag !== TAG.octets || serial.content.length === 0) return undefined;
      return readAscii(serial.content) ?? Buffer.from(serial.content).toString('hex');
    }
    default:
      return undefined;
  }
}
