/* Draws every <figure class="chart" data-chart="…"> from the table inside it.
 *
 * data-chart: "bar" (columns), "rows" (bars lying down), "stack" (columns, one part upon the other), "layers" (a part
 * drawn within its whole), "line". Columns with data-series are drawn; cells carry data-value; a click on a mark
 * follows the link of its row. A row's data-target is the target of its own year, drawn as a dashed line; the figure's
 * data-target is one for all rows. No label stands on a line: values of rows and lines have a place of their own at the
 * axis. Nothing moves, so that a page can be printed at once. Texts reach the canvas as plain text only: nothing here
 * builds HTML.
 */
"use strict";

(() => {
  const PLOT_HEIGHT = 15; // rem, as in components.css
  const DASHES = "path://M0 0h5v2H0zM8 0h5v2H8z"; // a target in the legend
  const PAPER = { width: 340, height: 140 }; // pixels of a chart in one of two columns on A4
  const charts = []; // {chart, lines}: how many lying bars it has, if it has any

  let printing = false;

  function colours(figure) {
    const style = getComputedStyle(figure);
    return (name) => style.getPropertyValue(`--${name}`).trim();
  }

  /* What stands beside a mark: the number as the table writes it, with its unit only where that changes its size. */
  function textOf(cell, head) {
    const words = cell.textContent.trim().split(/\s+/);
    if ("money" in head.dataset) {
      return words.join(" ");
    }
    return head.dataset.unit === "%" ? `${words[0]}%` : words[0];
  }

  /* The table as data: names, links and keys of the rows, and one list of values a drawn column. */
  function read(figure) {
    const table = figure.querySelector("table");
    const heads = [...table.tHead.rows[0].cells];
    const lines = [...table.tBodies[0].rows];
    const columns = heads.flatMap((head, index) => ("series" in head.dataset ? [{ head, index }] : []));
    return {
      keys: lines.map((line) => line.dataset.key),
      names: lines.map((line) => line.cells[0].dataset.name || line.cells[0].textContent.trim()),
      links: lines.map((line) => line.querySelector("a")?.href),
      targets: lines.map((line) => ("target" in line.dataset ? Number(line.dataset.target) : null)),
      series: columns.map(({ head, index }) => ({
        name: head.textContent.trim(),
        unit: head.dataset.unit,
        texts: lines.map((line) => textOf(line.cells[index], head)),
        values: lines.map((line) => {
          const value = line.cells[index].dataset.value;
          return value === "" ? null : Number(value);
        }),
      })),
    };
  }

  /* `withNumbers`: whether the axis carries numbers; needless where every bar carries its own. */
  function axisOfValues(data, colour, withNumbers) {
    const share = data.series[0].unit === "%";
    return {
      type: "value",
      max: share ? (extent) => Math.min(100, Math.ceil((extent.max + 5) / 10) * 10) : undefined,
      minInterval: share ? 0 : 1,
      splitNumber: 4,
      axisLabel: {
        show: withNumbers,
        color: colour("chart-text"),
        fontSize: sizeOf(0.75),
        formatter: share ? "{value}%" : undefined,
      },
      splitLine: { lineStyle: { color: colour("chart-grid") } },
    };
  }

  /* `texts`: what stands below each name, for charts whose values would lie on a line. */
  function axisOfNames(data, colour, lying, texts) {
    return {
      type: "category",
      data: texts ? data.names.map((name, row) => `${name}\n${texts[row]}`) : data.names,
      inverse: lying,
      axisTick: { show: false },
      axisLine: { lineStyle: { color: colour("chart-grid") } },
      axisLabel: { color: colour("chart-text"), fontSize: sizeOf(0.8125), interval: lying ? 0 : "auto" },
    };
  }

  /* The values of lying bars, in a column on the right. */
  function axisOfTexts(data, colour) {
    return {
      type: "category",
      data: data.series[0].texts,
      inverse: true,
      position: "right",
      axisTick: { show: false },
      axisLine: { show: false },
      axisLabel: { color: colour("ink"), fontSize: sizeOf(0.8125), interval: 0 },
    };
  }

  function sizeOf(rem) {
    return Math.round(rem * parseFloat(getComputedStyle(document.documentElement).fontSize));
  }

  /* One target for all rows of a lying chart. */
  function targetLine(figure, colour) {
    return {
      silent: true,
      symbol: "none",
      lineStyle: { color: colour("chart-target"), type: "dashed", width: 1 },
      label: {
        formatter: figure.dataset.targetLabel,
        color: colour("chart-target"),
        fontSize: sizeOf(0.75),
        position: "start",
      },
      data: [{ xAxis: Number(figure.dataset.target) }],
    };
  }

  /* The target of each row, in the unit of the axis: of layers the part of the whole that the target asks for. */
  function targetsOf(figure, data) {
    return data.targets.map((target, row) =>
      target !== null && figure.dataset.chart === "layers" ? (target * data.series[0].values[row]) / 100 : target,
    );
  }

  function targetSeries(figure, data, colour) {
    const values = targetsOf(figure, data);
    return {
      type: "line",
      name: figure.dataset.targetName,
      data: values,
      step: "middle",
      silent: true,
      z: 3,
      symbol: values.filter((value) => value !== null).length > 1 ? "none" : "rect",
      symbolSize: [sizeOf(2), 1],
      color: colour("chart-target"),
      lineStyle: { color: colour("chart-target"), type: "dashed", width: 1 },
    };
  }

  /* Whether the label at the foot of a bar inside another has room there, below the top of the bar and the target. */
  function hasRoom(figure, data, row) {
    const height = printing ? PAPER.height / sizeOf(1) : PLOT_HEIGHT;
    const share = (1.5 / (height - 4)) * Math.max(...data.series[0].values);
    const target = targetsOf(figure, data)[row];
    return data.series[1].values[row] > share && (target === null || target > share);
  }

  function oneSeries(figure, data, place, colour) {
    const kind = figure.dataset.chart;
    const lying = kind === "rows";
    const isLayers = kind === "layers";
    const base = isLayers ? ["chart-second", "chart-premium"] : ["chart-bar", "chart-second", "chart-premium"];
    const single = figure.dataset.colours === "premium" ? "chart-premium" : base[place];
    const inside = isLayers && place === 1;
    const texts = data.series[place].texts;
    const byField = figure.dataset.colours === "field";
    return {
      type: kind === "line" ? "line" : "bar",
      name: data.series[place].name,
      data: data.series[place].values.map((value, row) =>
        byField ? { value, itemStyle: { color: colour(`field-${data.keys[row]}`) } } : value,
      ),
      stack: kind === "stack" ? "all" : undefined,
      barGap: isLayers ? "-100%" : undefined,
      barMaxWidth: lying ? sizeOf(1) : sizeOf(2.5),
      symbolSize: 7,
      itemStyle: { color: colour(single) },
      lineStyle: { color: colour(single), width: 2 },
      label: {
        show: ["bar", "layers"].includes(kind),
        position: inside ? "insideBottom" : "top",
        color: inside ? colour("paper") : colour("ink"),
        fontSize: sizeOf(0.75),
        formatter: ({ dataIndex }) => (inside && !hasRoom(figure, data, dataIndex) ? "" : texts[dataIndex]),
      },
      labelLayout: { hideOverlap: true },
      markLine: lying && figure.dataset.target ? targetLine(figure, colour) : undefined,
    };
  }

  function optionOf(figure, data) {
    const colour = colours(figure);
    const kind = figure.dataset.chart;
    const lying = kind === "rows";
    const names = axisOfNames(data, colour, lying, kind === "line" ? data.series[0].texts : null);
    const values = axisOfValues(data, colour, ["line", "stack"].includes(kind));
    const series = data.series.map((_, place) => oneSeries(figure, data, place, colour));
    if (data.targets.some((target) => target !== null)) {
      series.push(targetSeries(figure, data, colour));
    }
    return {
      animation: false,
      textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
      aria: { enabled: false },
      grid: { left: 0, right: sizeOf(0.5), top: topOf(figure, series.length > 1), bottom: 0, containLabel: true },
      legend: series.length > 1 ? legendOf(series, colour) : undefined,
      tooltip: { trigger: "axis", renderMode: "richText", axisPointer: { type: "shadow" }, confine: true },
      xAxis: lying ? values : names,
      yAxis: lying ? [names, axisOfTexts(data, colour)] : values,
      series,
    };
  }

  function legendOf(series, colour) {
    const size = sizeOf(0.75);
    const textStyle = { color: colour("chart-text"), fontSize: size };
    const names = series.map(({ name, step }) => (step ? { name, icon: DASHES } : { name, icon: "rect" }));
    return { data: names, top: 0, right: 0, itemWidth: size, itemHeight: size, textStyle };
  }

  function topOf(figure, several) {
    if (figure.dataset.chart === "rows") {
      return figure.dataset.target ? sizeOf(1.5) : 0;
    }
    return sizeOf(several ? 2.25 : 1.5);
  }

  function draw(figure) {
    const data = read(figure);
    if (!data.names.length) {
      return;
    }
    const plot = document.createElement("div");
    plot.className = "plot";
    plot.setAttribute("role", "img");
    plot.setAttribute("aria-label", figure.querySelector("figcaption").textContent.trim());
    if (figure.dataset.chart === "rows") {
      plot.style.height = `${sizeOf(1.75) * data.names.length + topOf(figure, false)}px`;
    }
    figure.querySelector("figcaption").after(plot);
    let chart = null;
    new ResizeObserver(() => {
      if (!plot.clientWidth || printing) {
        return;
      }
      if (chart) {
        chart.resize();
        return;
      }
      chart = window.echarts.init(plot, null, { devicePixelRatio: Math.max(2, window.devicePixelRatio) });
      chart.setOption(optionOf(figure, data));
      charts.push({ chart, lines: figure.dataset.chart === "rows" ? data.names.length : 0 });
      chart.on("click", ({ dataIndex }) => {
        if (data.links[dataIndex]) {
          window.location.assign(data.links[dataIndex]);
        }
      });
    }).observe(plot);
  }

  /* Paper has another width than the screen, and no observer is asked before it is printed. */
  window.addEventListener("beforeprint", () => {
    printing = true;
    for (const { chart, lines } of charts) {
      chart.resize({ ...PAPER, height: lines ? sizeOf(1.25) * (lines + 1) : PAPER.height });
      chart.getZr().flush();
    }
  });
  window.addEventListener("afterprint", () => {
    printing = false;
    for (const { chart } of charts) {
      chart.resize({ width: "auto", height: "auto" });
    }
  });

  document.querySelectorAll("figure[data-chart]").forEach((figure) => {
    if (figure.querySelector("table")) {
      draw(figure);
    }
  });
})();
