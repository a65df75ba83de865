"use strict";

// The reference page. It reads the description, the problems and the vocabularies of this server
// once, and draws what the address names behind "#": an operation, or one of KINDS.

const JSON_TYPE = "application/json";
const SHOWN = 60; // results of one sort
const AT_ONCE = 60; // vocabularies in one request
const WHERE = { path: "in the path", query: "in the query", header: "in a header" };
const known = { operations: new Map(), tags: new Map(), problems: new Map(), vocabularies: new Map() };
let api = {};

// --- Small parts ---------------------------------------------------------------------------

function make(tag, traits, ...parts) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(traits ?? {})) element.setAttribute(name, value);
  element.append(...parts.flat(9).filter((part) => part !== null && part !== undefined));
  return element;
}

const code = (text) => make("code", null, text);
const link = (to, text) => make("a", { href: `#${to}` }, text);
const list = (items) => make("ul", null, items.map((item) => make("li", null, item)));
const pre = (value) => make("pre", null, typeof value === "string" ? value : JSON.stringify(value, null, 2));

/** Text with its `codes` and **strong** words; a code that names something leads there. */
function words(text) {
  return (text ?? "").split(/(`[^`]+`|\*\*[^*]+\*\*)/).map((part) => {
    if (part.startsWith("**")) return make("strong", null, part.slice(2, -2));
    if (!part.startsWith("`") || part.length < 2) return part;
    const told = part.slice(1, -1);
    const to = target(told);
    return to ? make("a", { href: `#${to}` }, code(told)) : code(told);
  });
}

const paragraphs = (text) => (text ?? "").split("\n\n").map((one) => make("p", null, words(one)));

/** What a code in a text names, if anything here. */
function target(told) {
  const vocabulary = told.match(/\/v1\/vocabularies\/(\w+)$/);
  if (vocabulary && known.vocabularies.has(vocabulary[1])) return `vocabulary/${vocabulary[1]}`;
  if (known.operations.has(told)) return told;
  if (known.problems.has(told)) return `problem/${told}`;
  if (api.components.schemas[told]) return `schema/${told}`;
  const [method, path] = told.split(" ");
  const found = path && api.paths[path]?.[method.toLowerCase()];
  return found ? found.operationId : null;
}

/** A part that is drawn when it is opened for the first time. */
function folded(title, draw, open = false) {
  const inside = make("div", { class: "parts" });
  const fold = make("details", null, make("summary", null, title), inside);
  fold.addEventListener("toggle", () => {
    if (fold.open && !inside.hasChildNodes()) inside.append(...[draw()].flat(9).filter(Boolean));
  });
  fold.open = open;
  return fold;
}

// --- The description -----------------------------------------------------------------------

function resolved(part) {
  if (!part?.$ref) return part ?? {};
  const [, , kind, name] = part.$ref.split("/");
  return { ...resolved(api.components[kind][name]), ...part, $ref: undefined };
}

const nameOf = (schema) => schema?.$ref?.split("/")[3];

/** The type of a schema in a few words, with links to schemas that have a name. */
function typeOf(schema) {
  const name = nameOf(schema);
  if (name && isObject(schema)) return link(`schema/${name}`, name);
  const whole = resolved(schema);
  const choice = whole.oneOf ?? whole.anyOf ?? whole.allOf;
  if (choice) return choice.flatMap((one, at) => [at ? (whole.allOf ? " and " : " or ") : "", typeOf(one)]);
  if (whole.const !== undefined) return code(JSON.stringify(whole.const));
  if (isList(whole)) return ["list of ", typeOf(whole.items), whole.type === "array" ? "" : " or null"];
  const type = [whole.type].flat().join(" or ") || "any value";
  return whole.format ? `${type} (${whole.format})` : type;
}

const isList = (whole) => [whole.type].flat().includes("array");

function isObject(schema) {
  const whole = resolved(schema);
  return Boolean(whole.properties || whole.allOf || whole.oneOf || whole.anyOf?.some((one) => one.$ref && isObject(one)));
}

function limitsOf(whole) {
  const told = [];
  const say = (text, value) => value !== undefined && told.push(`${text} ${value}`);
  say("at least", whole.minimum);
  say("at most", whole.maximum);
  say("shortest", whole.minLength);
  say("longest", whole.maxLength);
  say("fewest", whole.minItems);
  say("most", whole.maxItems);
  if (whole.default !== undefined) told.push(`default ${JSON.stringify(whole.default)}`);
  return told.length ? make("span", { class: "soft" }, `; ${told.join(", ")}`) : null;
}

/** The codes that a value may be, and whether there will be more. */
function codesOf(schema) {
  const whole = resolved(schema);
  const found = whole.enum ?? resolved(whole.items).enum;
  if (!found) return null;
  const told = make("p", null, found.flatMap((one, at) => [at ? ", " : "", code(String(one))]));
  return found.length > 12 ? folded(`${found.length} codes`, () => told) : told;
}

/** The schema whose fields are worth showing below a value: of an object, or of a list of them. */
function inner(schema) {
  const whole = resolved(schema);
  if (isList(whole)) return inner(whole.items);
  return isObject(schema) || whole.type === "object" ? schema : null;
}

function field(name, schema, must) {
  const whole = resolved(schema);
  const below = inner(schema);
  const title = nameOf(below);
  return [
    make("dt", null, code(name), " ", typeOf(schema), must ? [", ", make("span", { class: "must" }, "required")] : null, limitsOf(whole)),
    make("dd", null, paragraphs(schema.description ?? whole.description), codesOf(schema),
      below && hasFields(below) ? folded(title ? `Fields of ${title}` : "Fields", () => fields(below)) : null),
  ];
}

const hasFields = (schema) => {
  const whole = resolved(schema);
  return Boolean(whole.properties || whole.oneOf || whole.anyOf || whole.allOf);
};

/** Everything in a schema: its fields, or each schema that it can be. */
function fields(schema) {
  const whole = resolved(schema);
  if (isList(whole)) return fields(whole.items);
  const choice = whole.oneOf ?? whole.anyOf;
  if (choice) {
    return choice.filter(hasFields).map((one) => folded(["One of: ", nameOf(one) ?? typeOf(one)], () => fields(one)));
  }
  if (whole.allOf) return whole.allOf.map(fields);
  const must = new Set(whole.required);
  const told = Object.entries(whole.properties ?? {});
  if (!told.length) return make("p", null, typeOf(schema), limitsOf(whole));
  return make("dl", null, told.flatMap(([name, one]) => field(name, one, must.has(name))));
}

/** A body: its types, what is in it, and examples. */
function content(told, open) {
  return Object.entries(told ?? {}).map(([type, one]) => [
    make("p", null, code(type), " ", one.schema ? typeOf(one.schema) : null),
    one.schema && hasFields(one.schema) ? folded("Fields", () => fields(one.schema), open) : null,
    examplesOf(one).map(([name, value]) => folded(name, () => pre(value), false)),
  ]);
}

function examplesOf(told) {
  if (told.example !== undefined) return [["Example", told.example]];
  if (!told.schema) return [];
  const problem = (told.schema.allOf ?? []).map((one) => resolved(one));
  const codes = problem[1]?.properties?.code?.enum;
  if (codes) {
    const shown = (problem[0].examples ?? []).filter((one) => codes.includes(one.code));
    return shown.map((one) => [`Example: ${one.status}`, one]);
  }
  const found = exampleOf(told.schema);
  return found === undefined ? [] : [["Example", found]];
}

/** The example of a schema: its own, one of all its parts, or of a page with one row. */
function exampleOf(schema) {
  const whole = resolved(schema);
  if (whole.examples) return whole.examples[0];
  if (whole.allOf) {
    const parts = whole.allOf.map(exampleOf);
    return parts.includes(undefined) ? undefined : Object.assign({}, ...parts);
  }
  const row = whole.properties?.next && whole.properties.items && exampleOf(whole.properties.items.items);
  return row && { items: [row], next: null };
}

// --- Operations ----------------------------------------------------------------------------

function needs(operation) {
  const reason = operation["x-no-if-match"];
  const told = [
    ["Operation ID", code(operation.operationId)],
    ["Scope", code(operation["x-scope"])],
    ["Since", operation["x-since"] ?? "0.1.0"],
  ];
  if (operation["x-step-up"]) told.push(["Step-up", "Asks the person to confirm who they are."]);
  if (operation["x-by-password"]) told.push(["Sign-in", "Signing in with a password alone is enough."]);
  if (reason) told.push(["If-Match", api["x-no-if-match-reasons"][reason]]);
  if (operation.deprecated) told.push(["Deprecated", "This operation will go away."]);
  return make("dl", { class: "facts" }, told.flatMap(([name, value]) => [make("dt", null, name), make("dd", null, value)]));
}

function parameter(told) {
  const one = resolved(told);
  const schema = { ...one.schema, description: one.description ?? one.schema?.description };
  const [title, rest] = field(one.name, schema, one.required);
  title.append(make("span", { class: "soft" }, `, ${WHERE[one.in]}`));
  return [title, rest];
}

/** The same request with curl, in a shell that has BASE and TOKEN. */
function curl({ method, path, operation }) {
  const told = [`curl -sS -X ${method} "$BASE${path}"`];
  if (operation.security?.some((one) => one.recipient)) told.push('-H "Cairn-Recipient-Session: $SESSION"');
  else if (operation.security?.length !== 0) told.push('-H "Authorization: Bearer $TOKEN"');
  if (operation.parameters?.some((one) => resolved(one).name === "If-Match")) told.push("-H 'If-Match: \"1\"'");
  const [type, body] = Object.entries(resolved(operation.requestBody).content ?? {})[0] ?? [];
  if (type) told.push(`-H 'Content-Type: ${type}'`);
  const example = body && examplesOf(body)[0]?.[1];
  if (type?.endsWith("json")) told.push(`-d '${JSON.stringify(example ?? {}).replaceAll("'", "'\\''")}'`);
  else if (type) told.push("--data-binary @FILE");
  return told.join(" \\\n  ");
}

/** An answer with a failure: its codes, each with what it means. */
function codesAnswered(told) {
  const schema = Object.values(told.content ?? {})[0]?.schema;
  const parts = [schema, ...(resolved(schema).allOf ?? [])].map((one) => resolved(one).properties?.code);
  const found = parts.flatMap((one) => resolved(one).enum ?? [resolved(one).const]).filter(Boolean);
  return list([...new Set(found)].map((one) => {
    const problem = known.problems.get(one);
    return [link(`problem/${one}`, code(one)), problem ? ` ${problem.title}` : ""];
  }));
}

function answer(status, told) {
  const whole = resolved(told);
  const fails = Number(status) >= 400;
  return folded([make("strong", null, status), ` ${fails ? "Problem" : whole.description}`], () => [
    fails ? codesAnswered(whole) : null,
    Object.entries(whole.headers ?? {}).map(([name, one]) =>
      make("p", null, "Header ", code(name), ". ", words(resolved(one).description))),
    content(whole.content, !fails),
  ], status.startsWith("2"));
}

function drawOperation(one) {
  const { method, path, operation } = one;
  const body = resolved(operation.requestBody);
  return [
    make("h1", { tabindex: "-1" }, operation.summary),
    make("p", null, make("span", { class: "method" }, method), " ", code(path)),
    paragraphs(operation.description),
    needs(operation),
    make("p", null, "See also: ", link(`tag/${operation.tags[0]}`, operation.tags[0])),
    operation.parameters?.length ? [make("h2", null, "Parameters"), make("dl", null, operation.parameters.map(parameter))] : null,
    operation.requestBody ? [make("h2", null, "Body"), paragraphs(body.description), content(body.content, true)] : null,
    make("h2", null, "Answers"),
    Object.entries(operation.responses).map(([status, told]) => answer(status, told)),
    make("h2", null, "From a shell"),
    pre(curl(one)),
  ];
}

// --- Everything else -----------------------------------------------------------------------

const line = ({ operation, method, path }) => [link(operation.operationId, operation.summary), " ", make("span", { class: "soft" }, `${method} ${path}`)];
const drawTag = (tag) => [
  make("h1", { tabindex: "-1" }, tag.name), paragraphs(tag.description), list(tag.operations.map(line)),
];

function drawProblem(problem) {
  const given = problem.operations.filter((id) => known.operations.has(id));
  return [
    make("h1", { tabindex: "-1" }, code(problem.code)),
    make("p", null, make("strong", null, String(problem.status)), " ", problem.title),
    problem.title_cy ? make("p", { lang: "cy" }, problem.title_cy) : null,
    problem.advice ? [make("h2", null, "What to do"), paragraphs(problem.advice)] : null,
    problem.advice_cy ? make("p", { lang: "cy" }, problem.advice_cy) : null,
    make("p", null, "Send the request again? ", code(String(problem.retry))),
    make("h2", null, "Operations"),
    given.length ? list(given.map((id) => line(known.operations.get(id)))) : make("p", null, "Any operation may answer this."),
  ];
}

function drawVocabulary(vocabulary) {
  return [
    make("h1", { tabindex: "-1" }, vocabulary.title),
    make("p", null, code(vocabulary.name), `, version ${vocabulary.version}. Source: ${vocabulary.source}. `,
      vocabulary.closed ? "No code will be added." : "Codes may be added."),
    vocabulary.review ? make("p", null, vocabulary.review) : null,
    make("dl", null, vocabulary.terms.map((term) => [
      make("dt", null, code(term.code)),
      make("dd", null, term.label, term.label_cy ? [" / ", make("span", { lang: "cy" }, term.label_cy)] : null,
        term.notes ? make("p", { class: "soft" }, term.notes) : null),
    ])),
  ];
}

function drawSchema(name, schema) {
  const sought = `"#/components/schemas/${name}"`;
  const users = [...known.operations.values()].filter((one) => (one.json ??= JSON.stringify(one.operation)).includes(sought));
  return [
    make("h1", { tabindex: "-1" }, code(name)),
    paragraphs(schema.description),
    schema.properties || schema.allOf || schema.oneOf || schema.anyOf ? fields(schema) : [make("p", null, typeOf(schema), limitsOf(schema)), codesOf(schema)],
    users.length ? [make("h2", null, "Operations"), list(users.map(line))] : null,
  ];
}

function drawStart() {
  return [
    make("h1", { tabindex: "-1" }, "Cairn API"),
    paragraphs(api.info.description),
    make("p", null, "Also: ", link("problems", "problems"), ", ", link("vocabularies", "vocabularies"), ", ", link("schemas", "schemas"),
      ", and the description itself: ", make("a", { href: "/openapi.json" }, "/openapi.json"),
      " and that of SCIM: ", make("a", { href: "/openapi-scim.json" }, "/openapi-scim.json"), "."),
    api["x-tagGroups"].map((group) => [
      make("h2", null, group.name),
      list(group.tags.map((name) => [link(`tag/${name}`, name), " ", known.tags.get(name).description])),
    ]),
  ];
}

const heading = (title, items) => [make("h1", { tabindex: "-1" }, title), list(items)];
const drawProblems = () => heading("Problems", [...known.problems.values()].map((one) => [link(`problem/${one.code}`, code(one.code)), ` ${one.title}`]));
const drawVocabularies = () => heading("Vocabularies", [...known.vocabularies.values()].map((one) => [link(`vocabulary/${one.name}`, code(one.name)), ` ${one.title}`]));
const drawSchemas = () => heading("Schemas", Object.keys(api.components.schemas).sort().map((name) => link(`schema/${name}`, name)));
const PAGES = { "": drawStart, problems: drawProblems, vocabularies: drawVocabularies, schemas: drawSchemas };
const KINDS = {
  tag: (name) => known.tags.has(name) && drawTag(known.tags.get(name)),
  problem: (name) => known.problems.has(name) && drawProblem(known.problems.get(name)),
  vocabulary: (name) => known.vocabularies.has(name) && drawVocabulary(known.vocabularies.get(name)),
  schema: (name) => api.components.schemas[name] && drawSchema(name, api.components.schemas[name]),
};

// --- Going about ---------------------------------------------------------------------------

const nothing = () => [make("h1", { tabindex: "-1" }, "There is no such part"), make("p", null, link("", "All operations"), " are in the contents.")];
const place = () => decodeURIComponent(window.location.hash.slice(1));

function drawn(at) {
  if (Object.hasOwn(PAGES, at)) return PAGES[at]();
  if (known.operations.has(at)) return drawOperation(known.operations.get(at));
  const [kind, ...name] = at.split("/");
  return (Object.hasOwn(KINDS, kind) && KINDS[kind](name.join("/"))) || nothing();
}

function show(moved) {
  const at = place();
  const main = document.getElementById("content");
  main.replaceChildren(...[drawn(at)].flat(9).filter(Boolean));
  main.setAttribute("aria-busy", "false");
  performance.mark("drawn");
  const title = main.querySelector("h1");
  document.title = at ? `${title.textContent} - Cairn API` : "Cairn API";
  for (const one of document.querySelectorAll("nav a[aria-current]")) one.removeAttribute("aria-current");
  const here = document.querySelector(`#index a[href="#${CSS.escape(at)}"]`);
  if (here) {
    here.setAttribute("aria-current", "page");
    here.closest("details").open = true;
  }
  if (moved) {
    title.focus({ preventScroll: true });
    main.scrollIntoView();
  }
}

function drawContents() {
  const index = document.getElementById("index");
  const operations = (tag) => make("ul", null, tag.operations.map((one) => make("li", null, link(one.operation.operationId, one.operation.summary))));
  index.lastElementChild.replaceChildren(...api["x-tagGroups"].flatMap((group) => [
    make("h2", null, group.name),
    ...group.tags.map((name) => make("details", null, make("summary", null, name), operations(known.tags.get(name)))),
  ]));
  index.open = window.matchMedia("(min-width: 60rem)").matches;
}

// --- Search --------------------------------------------------------------------------------

let texts = null;

/** Everything that can be found: where it is, its title, and its text in lower case. */
function everything() {
  const found = [];
  const add = (sort, to, title, ...parts) => found.push({ sort, to, title, text: [title, ...parts].join(" ").toLowerCase() });
  for (const [id, { method, path, operation }] of known.operations) {
    add("Operations", id, operation.summary, id, method, path, operation.description, operation.tags[0]);
  }
  for (const one of known.problems.values()) add("Problems", `problem/${one.code}`, one.code, one.title, one.advice);
  for (const one of known.vocabularies.values()) {
    add("Vocabularies", `vocabulary/${one.name}`, one.title, one.name, one.terms.map((term) => `${term.code} ${term.label}`).join(" "));
  }
  for (const [name, one] of Object.entries(api.components.schemas)) {
    add("Schemas", `schema/${name}`, name, one.description, Object.keys(one.properties ?? {}).join(" "));
  }
  return found;
}

/** Names before titles before all other text. */
function rank(one, sought) {
  const name = one.to.split("/").pop().toLowerCase();
  if (name === sought) return 0;
  if (name.startsWith(sought)) return 1;
  return one.title.toLowerCase().includes(sought) ? 2 : 3;
}

function find() {
  const sought = document.getElementById("words").value.trim().toLowerCase();
  const results = document.getElementById("results");
  texts ??= everything();
  const parts = sought.split(/\s+/);
  const found = sought ? texts.filter((one) => parts.every((part) => one.text.includes(part))) : [];
  found.sort((one, other) => rank(one, sought) - rank(other, sought));
  document.getElementById("count").textContent = sought ? `${found.length} found` : "";
  document.getElementById("index").hidden = Boolean(sought);
  results.hidden = !sought;
  results.replaceChildren(...["Operations", "Problems", "Vocabularies", "Schemas"].flatMap((sort) => {
    const those = found.filter((one) => one.sort === sort);
    const shown = those.slice(0, SHOWN).map((one) => link(one.to, one.title));
    const rest = those.length - shown.length;
    return those.length ? [make("h2", null, sort), list(rest ? [...shown, `and ${rest} more`] : shown)] : [];
  }));
}

function listen() {
  window.addEventListener("hashchange", () => show(true));
  document.getElementById("words").addEventListener("input", find);
  document.getElementById("skip").addEventListener("click", (event) => {
    event.preventDefault(); // the address names what is shown
    document.getElementById("content").focus();
  });
  document.getElementById("search").addEventListener("submit", (event) => {
    event.preventDefault();
    document.querySelector("#results a")?.click();
  });
}

// --- Begin ---------------------------------------------------------------------------------

/** Both descriptions as one: every part of SCIM's is called otherwise. */
function joined(description, scim) {
  for (const [kind, parts] of Object.entries(description.components)) {
    description.components[kind] = { ...scim.components[kind], ...parts };
  }
  for (const group of description["x-tagGroups"]) {
    for (const more of scim["x-tagGroups"]) if (more.name === group.name) group.tags.push(...more.tags);
  }
  description.paths = { ...description.paths, ...scim.paths };
  description.tags = [...description.tags, ...scim.tags];
  return description;
}

function take(description, scim, problems, vocabularies) {
  api = joined(description, scim);
  for (const tag of api.tags) known.tags.set(tag.name, { ...tag, operations: [] });
  for (const [path, methods] of Object.entries(api.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const one = { method: method.toUpperCase(), path, operation };
      known.operations.set(operation.operationId, one);
      for (const tag of operation.tags) known.tags.get(tag)?.operations.push(one);
    }
  }
  for (const one of problems) known.problems.set(one.code, one);
  for (const one of vocabularies) known.vocabularies.set(one.name, one);
}

async function get(path) {
  const answered = await fetch(path, { headers: { Accept: JSON_TYPE } });
  if (!answered.ok) throw new Error(`${path} answered ${answered.status}`);
  return answered.json();
}

/** The items of a list, or none where it cannot be had: the description is there without it. */
const items = (path) => get(path).then((told) => told.items, () => []);

/** Every vocabulary with its terms. */
async function vocabularies() {
  const names = (await items("/v1/vocabularies")).map((one) => one.name);
  const parts = [];
  while (names.length) parts.push(items(`/v1/vocabularies?names=${names.splice(0, AT_ONCE)}`));
  return (await Promise.all(parts)).flat();
}

async function begin() {
  try {
    take(...(await Promise.all([get("/openapi.json"), get("/openapi-scim.json"), items("/v1/problems"), vocabularies()])));
  } catch {
    document.querySelector("main p").textContent = "The description could not be loaded. Reload the page.";
    document.getElementById("content").setAttribute("aria-busy", "false");
    return;
  }
  drawContents();
  listen();
  show(place() !== "");
}

begin();
