/** Puts the script and the style of a page into its HTML, so that it opens from a disk and from any static host. */
import type { Plugin } from "vite";

export const oneFile: Plugin = {
  name: "one-file",
  enforce: "post",
  generateBundle: {
    order: "post",
    handler(_, bundle) {
      const page = Object.values(bundle).find(({ fileName }) => fileName.endsWith(".html"));
      if (page?.type !== "asset") throw new Error("there is no page to put anything into");
      let html = String(page.source);
      for (const file of Object.values(bundle)) {
        if (file === page) continue;
        const name = file.fileName.replaceAll(/[.\\/]/g, "\\$&");
        const tag =
          file.type === "chunk"
            ? new RegExp(`<script[^>]*src="[^"]*${name}"[^>]*></script>`)
            : new RegExp(`<link[^>]*href="[^"]*${name}"[^>]*>`);
        if (!tag.test(html)) throw new Error(`${file.fileName} has no place in the page`);
        const text = file.type === "chunk" ? scriptOf(file.code) : styleOf(String(file.source));
        html = html.replace(tag, () => text);
        delete bundle[file.fileName];
      }
      page.source = html;
    },
  },
};

const scriptOf = (code: string): string =>
  `<script type="module">${code.trim().replaceAll("</script", "<\\/script")}</script>`;
const styleOf = (css: string): string => `<style>${css.trim()}</style>`;
