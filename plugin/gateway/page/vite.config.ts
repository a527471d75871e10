import { readFile } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const HERE = dirname(fileURLToPath(import.meta.url));

// Addresses are relative to the file that names them: the page may lie below any path. Names hold a hash of the content,
// so that a browser keeps them for good; the two that it asks for by a fixed name, the page and start.js, name the others.
export default defineConfig({
  base: "./",
  root: HERE,
  publicDir: false,
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: "../assets",
    emptyOutDir: true,
    assetsDir: "",
    target: "es2022",
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
    assetsInlineLimit: 0,
    rollupOptions: {
      input: { start: "src/start.ts" },
      output: {
        entryFileNames: "start.js",
        // A view's file is called as its folder.
        chunkFileNames: ({ name, facadeModuleId: id }) =>
          `${name === "view" && id !== null ? basename(dirname(id)) : name}-[hash].js`,
        assetFileNames: "[name]-[hash][extname]",
      },
    },
  },
  plugins: [
    {
      name: "the page itself",
      async generateBundle() {
        const source = await readFile(`${HERE}/index.html`, "utf8");
        this.emitFile({ type: "asset", fileName: "index.html", source });
      },
    },
  ],
});
