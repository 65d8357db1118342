"""Generation: text from the prior, reconstructions and interpolations of a finished run, by every decoder."""


rule generate_text:
    input:
        checkpoint=f"results/runs/{{task}}/{{run}}/{config['generation']['iterate']}.pt",
        settings="results/runs/{task}/{run}/config.json",
        corpus=corpus_of,
        sentences=branch(
            lambda wildcards: wildcards.kind == "reconstruction",
            then=config["generation"]["reconstruct"] or [],
        ),
    output:
        expand(
            "results/runs/{{task}}/{{run}}/generated/{{kind}}_{decoder}.txt",
            decoder=config["generation"]["decoders"],
        ),
    log:
        "results/runs/{task}/{run}/generated/{kind}.log",
    conda:
        "../../envs/environment.yaml"
    threads: config["runtime"]["threads"]
    resources:
        gpu=int(config["runtime"]["device"] != "cpu"),
        mem_mb=4000,
        runtime="30m",
    params:
        request=config["generation"],
        device=config["runtime"]["device"],
        code=code_of("gaussians", "models", "devices", "generation"),
    script:
        "../scripts/generate_text.py"
