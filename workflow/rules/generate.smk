"""Generation: what a finished run draws from the prior, reconstructs and interpolates; text by every decoder."""


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
            "results/runs/{{task}}/{{run}}/generated/{name}/{{kind}}_{decoder}.txt",
            name=GENERATION_NAME,
            decoder=sorted(config["generation"]["decoders"]),  # in the order of the parameter
        ),
    log:
        f"results/runs/{{task}}/{{run}}/generated/{GENERATION_NAME}/{{kind}}.log",
    conda:
        "../../envs/environment.yaml"
    threads: config["runtime"]["threads"]
    resources:
        gpu=int(config["runtime"]["device"] != "cpu"),
        mem_mb=4000,
        runtime="30m",
    params:
        request=lambda wildcards: canonical(config["generation"]),
        code=code_of_run("kl_annealing.generation.generate"),
    script:
        "../scripts/generate_text.py"


rule generate_images:
    input:
        checkpoint=f"results/runs/{{task}}/{{run}}/{config['image_generation']['iterate']}.pt",
        settings="results/runs/{task}/{run}/config.json",
        corpus=corpus_of,
    output:
        f"results/runs/{{task}}/{{run}}/generated/{IMAGES_NAME}/images.h5",
    log:
        f"results/runs/{{task}}/{{run}}/generated/{IMAGES_NAME}/images.log",
    conda:
        "../../envs/environment.yaml"
    threads: config["runtime"]["threads"]
    resources:
        gpu=int(config["runtime"]["device"] != "cpu"),
        mem_mb=4000,
        runtime="2h",
    params:
        request=lambda wildcards: canonical(config["image_generation"]),
        code=code_of_run("kl_annealing.generation.images"),
    script:
        "../scripts/generate_images.py"
