interface Route {
  readonly segments: readonly string[];
  readonly methods: Set<string>;
}

/** All registered routes, to tell "unknown path" from "known path, other method". Only consulted for refusals. */
export class RouteTable {
  readonly #routes = new Map<string, Route>();

  /** `template` in Fastify's form: `/users/:id`, `/files/*`. */
  add(template: string, method: string | readonly string[]): void {
    const route = this.#routes.get(template) ?? { segments: template.split('/'), methods: new Set<string>() };
    for (const name of [method].flat()) route.methods.add(name);
    this.#routes.set(template, route);
  }

  /** Every template with its methods, sorted. */
  entries(): { template: string; methods: string[] }[] {
    return [...this.#routes]
      .map(([template, { methods }]) => ({ template, methods: [...methods].sort() }))
      .sort((a, b) => a.template.localeCompare(b.template));
  }

  /** Methods that the path of `url` supports, sorted; empty for an unknown path. */
  allowed(url: string): string[] {
    const path = decode(url.split(/[?#]/, 1)[0] ?? '/');
    if (path === undefined) return [];
    const segments = path.split('/');
    const methods = [...this.#routes.values()]
      .filter((route) => matches(route.segments, segments))
      .flatMap((route) => [...route.methods]);
    return methods.length === 0 ? [] : [...new Set([...methods, 'OPTIONS'])].sort();
  }
}

function matches(template: readonly string[], path: readonly string[]): boolean {
  const wildcard = template.at(-1) === '*';
  if (wildcard ? path.length < template.length : path.length !== template.length) return false;
  return template.every((segment, index) => {
    if (segment.startsWith(':')) return path[index] !== '';
    return (wildcard && index === template.length - 1) || segment === path[index];
  });
}

/** As the router does: percent-encoded slashes separate nothing. */
function decode(path: string): string | undefined {
  try {
    return path
      .split('/')
      .map((segment) => decodeURIComponent(segment).replaceAll('/', '%2F'))
      .join('/');
  } catch {
    return undefined;
  }
}
