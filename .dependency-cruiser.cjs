/** Imports point down: main -> adapters -> node -> replication. See "Layers" in docs/architecture.md. */
const adapters = "^(src/(storage|transport)|gateway)/";
/** What is installed and run, without the tests beside it. */
const product = {
  path: "^(src|gateway|simulation|webui|client)/",
  pathNot: "\\.test\\.tsx?$",
};
/** The playground, and what builds its page. */
const playground = "^webui/(src/)?playground";
module.exports = {
  forbidden: [
    { name: "no-cycle", severity: "error", from: {}, to: { circular: true } },
    {
      name: "replication-is-pure",
      comment: "The protocol imports nothing outside itself.",
      severity: "error",
      from: { path: "^src/replication/", pathNot: "\\.test\\.ts$" },
      to: { pathNot: "^src/replication/" },
    },
    {
      name: "node-knows-only-replication",
      severity: "error",
      from: { path: "^src/node/", pathNot: "\\.test\\.ts$" },
      to: { pathNot: "^src/(node|replication)/|^src/(errors|key-order|whole-range)\\.ts$" },
    },
    {
      name: "adapters-do-not-know-each-other",
      severity: "error",
      from: { path: adapters, pathNot: "\\.test\\.ts$" },
      to: { path: adapters, pathNot: "^$1/|^$2/" },
    },
    {
      name: "edges-share-requests-alone",
      comment:
        "REST and gRPC check requests and callers by the same code, and know nothing else of each other.",
      severity: "error",
      from: { path: "^gateway/grpc/", pathNot: "\\.test\\.ts$" },
      to: { path: "^gateway/", pathNot: "^gateway/(grpc|requests|json|access)/" },
    },
    {
      name: "rest-does-not-know-grpc",
      severity: "error",
      from: { path: "^gateway/", pathNot: "^gateway/grpc/|\\.test\\.ts$" },
      to: { path: "^gateway/grpc/" },
    },
    {
      name: "simulation-speaks-http",
      severity: "error",
      from: { path: "^simulation/" },
      to: { path: "^(src|gateway|webui)/" },
    },
    {
      name: "page-speaks-http",
      comment: "The page may name the shapes of events, which leave no code behind.",
      severity: "error",
      from: { path: "^webui/", pathNot: playground },
      to: { path: "^(src|gateway)/", dependencyTypesNot: ["type-only"] },
    },
    {
      name: "playground-plays-the-virtual-world",
      comment: "All that the playground shows, it asks the virtual world for.",
      severity: "error",
      from: { path: playground, pathNot: "\\.test\\.tsx?$" },
      to: {
        path: "^(src|gateway)/",
        pathNot: "^src/virtual/",
        dependencyTypesNot: ["type-only"],
      },
    },
    {
      name: "virtual-world-is-made-of-the-protocol",
      comment: "It runs in browsers: of what touches the world, it takes the memory and the codec.",
      severity: "error",
      from: { path: "^src/virtual/", pathNot: "\\.test\\.ts$" },
      to: {
        path: "^(src|gateway|simulation|webui|client)/",
        pathNot:
          "^src/(virtual|node|replication|storage/memory)/|^src/transport/(codec|delayed)\\.ts$|^src/storage/standing\\.ts$|^src/errors\\.ts$",
        dependencyTypesNot: ["type-only"],
      },
    },
    {
      name: "virtual-world-runs-in-browsers",
      severity: "error",
      from: { path: "^src/virtual/", pathNot: "\\.test\\.ts$" },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "nodes-do-not-know-the-virtual-world",
      severity: "error",
      from: {
        path: "^(src|gateway|simulation|client|tools)/",
        pathNot: "^src/virtual/|\\.test\\.ts$",
      },
      to: { path: "^src/virtual/" },
    },
    {
      name: "client-speaks-http",
      severity: "error",
      from: { path: "^client/", pathNot: "\\.test\\.ts$" },
      to: { path: "^(src|gateway|simulation|webui)/" },
    },
    {
      name: "client-library-runs-anywhere",
      comment: "Browsers have no Node modules; what is only for the command line stays there.",
      severity: "error",
      from: { path: "^client/src/", pathNot: "\\.test\\.ts$" },
      to: {
        path: "^client/(cli|bin)/|^(node:)?(fs|events|crypto|http|net|stream|timers|util)(/|$)",
      },
    },
    {
      name: "nobody-imports-main",
      severity: "error",
      from: { path: "^(src|gateway)/", pathNot: "\\.test\\.ts$|^src/main\\.(ts|mjs)$" },
      to: { path: "^src/(main|process)\\.ts$" },
    },
    {
      name: "products-do-not-import-tools",
      comment: "Tools need what a node does without.",
      severity: "error",
      from: { path: "^(src|gateway|simulation|webui|client)/", pathNot: "\\.test\\.tsx?$" },
      to: { path: "^tools/" },
    },
    {
      name: "products-do-not-import-tests",
      severity: "error",
      from: product,
      to: { path: "^test/|\\.test\\.tsx?$" },
    },
    {
      name: "products-do-not-import-test-tools",
      comment:
        "Helpers for tests are under test/, so that a product installs and runs without them.",
      severity: "error",
      from: product,
      to: { path: "(^|/)node_modules/(vitest|@vitest|fast-check)/|^(vitest|fast-check)(/|$)" },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^(src/transport|gateway/grpc)/generated" },
    // TypeScript 7 has no parser for other programs yet; a cruise without one sees no TypeScript.
    parser: "swc",
    enhancedResolveOptions: { extensions: [".ts", ".tsx", ".js", ".json"] },
  },
};
