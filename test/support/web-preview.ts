/** Serves every page of the web door with sample data: `node test/support/web-preview.ts`, then open what it prints. */
import { type AssetPaths, loadAssets } from '../../server/doors/web/assets.ts';
import { html } from '../../server/doors/web/html.ts';
import { english } from '../../server/doors/web/texts.ts';
import type { View } from '../../server/doors/web/view.ts';
import type { HttpDoor } from '../../server/http/http-door.ts';
import { immutableHeaders, pageHeaders } from '../../server/http/security-headers.ts';
import { startListener, type TestListener } from './http-listener.ts';
import { sampleVisitor } from './web-sample-data.ts';
import { samplePages } from './web-samples.ts';

export function sampleView(assets: AssetPaths): View {
  return {
    texts: english,
    now: Date.UTC(2026, 2, 12, 14, 30, 12),
    csrf: 'c2FtcGxlLXRva2Vu',
    assets,
    organisation: 'Northwind Works',
    visitor: sampleVisitor,
  };
}

export function startPreview(port = 0): Promise<TestListener> {
  const assets = loadAssets();
  const door: HttpDoor = {
    id: 'preview',
    prefix: '/',
    mount(app) {
      app.get('/', (_request, reply) => {
        const names = Object.keys(samplePages(sampleView(assets.paths)));
        const list = names.map((name) => html`<li><a href="/page/${name}">${name}</a></li>`);
        reply
          .headers(pageHeaders)
          .send(html`<!doctype html><title>Pages</title><ul>${list}</ul>`.text);
      });
      app.get<{ Params: { name: string } }>('/page/:name', (request, reply) => {
        const page = samplePages(sampleView(assets.paths))[request.params.name];
        if (page === undefined) reply.code(404).send('no such sample');
        else reply.headers(pageHeaders).send(page.text);
      });
      app.get<{ Params: { file: string } }>('/assets/:file', (request, reply) => {
        const asset = assets.find(request.params.file);
        if (asset === undefined) reply.code(404).send('no such file');
        else reply.headers(immutableHeaders).type(asset.type).send(asset.body);
      });
    },
    refuse: (_request, reply, refused) => void reply.type('text/plain').send(refused.code),
  };
  return startListener(() => [door], { port });
}

if (import.meta.main) {
  const { origin } = await startPreview(8123);
  process.stdout.write(`Pages with sample data: ${origin}\n`);
}
