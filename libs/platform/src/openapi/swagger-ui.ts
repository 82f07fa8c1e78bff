import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

interface Asset {
  readonly contentType: string;
  readonly read: () => Promise<string | Buffer>;
}

const require = createRequire(import.meta.url);
const FOLDER = dirname(require.resolve('swagger-ui-dist/package.json'));
const packaged = (name: string, contentType: string): Asset => ({
  contentType,
  read: () => readFile(join(FOLDER, name)),
});

/**
 * The page of Swagger UI. Its addresses are relative, for proxies that serve it below a path; nothing in it is inline,
 * so that the CSP needs no exception for scripts.
 */
export const SWAGGER_UI_PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>API</title>
<link rel="icon" type="image/png" href="docs/favicon-32x32.png">
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/swagger-ui-init.js"></script>
</body>
</html>
`;

// `validatorUrl: null`: the page must not send the document to Swagger's online validator.
const INIT = `window.ui = SwaggerUIBundle({
  url: 'openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  displayRequestDuration: true,
  persistAuthorization: false,
  validatorUrl: null,
});
`;

/** Everything that the page loads: these names and no other file of the package. */
export const SWAGGER_UI_ASSETS: Readonly<Record<string, Asset>> = {
  'favicon-32x32.png': packaged('favicon-32x32.png', 'image/png'),
  'swagger-ui.css': packaged('swagger-ui.css', 'text/css; charset=utf-8'),
  'swagger-ui-bundle.js': packaged('swagger-ui-bundle.js', 'text/javascript; charset=utf-8'),
  'swagger-ui-init.js': { contentType: 'text/javascript; charset=utf-8', read: () => Promise.resolve(INIT) },
};
